// What a page can do beyond being read: it stays true by itself, says how long ago things were, and draws plots. All of
// it comes after the first paint, since people read before they press, and forms work without any of it.

const PATIENCE = 1000; // ms; a page that nobody sees is not painted
const painted = () => new Promise((done) => {
  setTimeout(done, document.hidden ? 0 : PATIENCE);
  new PerformanceObserver(done).observe({ type: "paint", buffered: true });
});
const loaded = () => new Promise((done) => (document.readyState === "complete" ? done() : addEventListener("load", done, { once: true })));
const near = (name) => new URL(name, import.meta.url).href;

function library(name) {
  return new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: near(name), onload: done, onerror: () => failed(new Error(name)) });
    document.head.append(script);
  });
}

function style(name) {
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: near(name) }));
}

/** htmx reads its configuration once the page is loaded, and knows an extension only on what it meets afterwards. */
async function live(page) {
  const [{ follow }] = await Promise.all([import("./follow.js"), library("htmx.min.js")]);
  await library("sse.min.js");
  follow(document.getElementById("live"));
  page.setAttribute("hx-ext", "sse");
  htmx.process(page);
}

async function plots(box) {
  style("uplot.min.css");
  const [{ drawPlots }] = await Promise.all([import("./plots.js"), library("uplot.min.js")]);
  drawPlots(box);
}

function say(text) {
  const line = document.createElement("p");
  line.textContent = text;
  const box = document.createElement("div");
  box.className = "said bad";
  box.append(line);
  document.getElementById("said").replaceChildren(box);
}

document.body.addEventListener("htmx:responseError", (event) => {
  const text = event.detail.xhr.status === 401 ? "Your session has ended: load the page again and log in." : event.detail.xhr.responseText;
  say(text || "The relay did not answer; nothing was done, as far as is known.");
});
document.body.addEventListener("htmx:sendError", () => say("The relay cannot be reached. Look again before you repeat that."));

await painted();
const [{ keepTimes }, { sparks }] = await Promise.all([import("./times.js"), import("./sparks.js"), loaded()]);
keepTimes(document);
sparks();
const page = document.querySelector("[sse-connect]");
const box = document.querySelector(".plots");
await Promise.all([page && live(page), box && plots(box)]);
