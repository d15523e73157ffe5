// Keeps the open page up to date: asks for it again, and takes over what changed.
"use strict";

let etag = null;

async function refresh() {
  const answer = await fetch(location.pathname, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
  if (answer.status !== 200) return;
  etag = answer.headers.get("ETag");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = new Map([...document.querySelectorAll("article")].map((article) => [article.id, article.textContent]));
  for (const part of ["header", "main"]) document.querySelector(part).replaceWith(fresh.querySelector(part));
  for (const article of document.querySelectorAll("article")) {
    if (before.get(article.id) !== article.textContent) article.classList.add("fresh");
  }
}

setInterval(() => refresh().catch(() => {}), 2000);  // the server may be gone: then the page stays as it is
