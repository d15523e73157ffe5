// Rich messages: blocks to elements. As in words.js, untrusted text only ever becomes text nodes.

import { link, make, safe } from "./words.js";

const STYLES = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code",
  marked: "mark", subscript: "sub", superscript: "sup",
};

export function rich(message) {
  const box = make("div", "says rich", ...blocks(message.blocks));
  if (message.rtl) box.dir = "rtl";
  return box;
}

function blocks(all) {
  return all.map(block);
}

function block(one) {
  switch (one.type) {
    case "heading": return make(`h${one.size}`, "", ...text(one.text));
    case "divider": return make("hr", "");
    case "list": return make("ul", "", ...one.items.map((item) => make("li", "", ...blocks(item.blocks))));
    case "details": return details(one);
    case "table": return table(one);
    case "photo": return photo(one);
    case "footer": return make("p", "small", ...text(one.text));
    default: return make("p", "", ...text(one.text));
  }
}

function details(one) {
  const element = make("details", "", make("summary", "", ...text(one.summary)), ...blocks(one.blocks));
  element.open = Boolean(one.is_open);
  return element;
}

function table(one) {
  const rows = one.cells.map((row) => make("tr", "", ...row.map((cell) => {
    return make(cell.is_header ? "th" : "td", cell.align, ...text(cell.text ?? ""));
  })));
  return make("table", "", make("tbody", "", ...rows));
}

function photo(one) {
  const image = make("img");
  image.alt = "";
  image.width = one.photo.width;
  image.height = one.photo.height;
  image.referrerPolicy = "no-referrer";
  const frame = link(one.photo.url, [image]);
  frame.classList.add("photo");
  image.addEventListener("error", () => frame.classList.add("broken"));
  if (safe(one.photo.url)) image.src = one.photo.url;
  else frame.classList.add("broken");
  const caption = one.caption?.length ? make("figcaption", "", ...text(one.caption)) : null;
  return make("figure", "", frame, caption);
}

/** A RichText: a string, several, or something formatted. */
function text(given) {
  if (typeof given === "string") return [given];
  if (Array.isArray(given)) return given.flatMap(text);
  const inner = text(given.text);
  if (given.type === "url") return [link(given.url, inner)];
  if (given.type === "spoiler") return [cover(inner)];
  return [make(STYLES[given.type] ?? "span", "", ...inner)];
}

function cover(children) {
  const element = make("span", "spoiler", ...children);
  element.addEventListener("click", () => element.classList.add("shown"));
  return element;
}
