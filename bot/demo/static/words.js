// Text and entities to elements. Untrusted text only ever becomes text nodes: nothing here reads it as HTML.

const ELEMENTS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Offsets are UTF-16 code units, for the Bot API as for JavaScript. `onCommand` hears of a tapped /command. */
export function words(text, entities, onCommand) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return nest(text, 0, text.length, sorted, onCommand);
}

function nest(text, start, end, entities, onCommand) {
  const nodes = [];
  let at = start;
  while (entities.length) {
    const [first, ...others] = entities;
    const from = Math.max(first.offset, at);
    const to = Math.min(first.offset + first.length, end);
    if (from >= to) { entities = others; continue; }
    if (from > at) nodes.push(text.slice(at, from));
    const inner = others.filter((one) => one.offset < to);
    nodes.push(wrap(first, text.slice(from, to), nest(text, from, to, inner, onCommand), onCommand));
    entities = others.filter((one) => one.offset + one.length > to);
    at = to;
    if (BLOCKS.has(first.type) && text[at] === "\n") at += 1;  // the block ends its line by itself
  }
  if (at < end) nodes.push(text.slice(at, end));
  return nodes;
}

function wrap(entity, plain, children, onCommand) {
  switch (entity.type) {
    case "text_link": return link(entity.url, children);
    case "url": return link(/^[a-z]+:\/\//i.test(plain) ? plain : `https://${plain}`, children);
    case "email": return link(`mailto:${plain}`, children);
    case "spoiler": return spoiler(children);
    case "bot_command": return command(plain, children, onCommand);
    case "mention": case "text_mention": case "hashtag": case "cashtag": return make("span", "tag", ...children);
    case "expandable_blockquote": return expandable(children);
    default: return ELEMENTS[entity.type] ? make(ELEMENTS[entity.type], "", ...children) : make("span", "", ...children);
  }
}

/** A link, when its address is one a reader may follow; else just its words. */
export function link(address, children) {
  if (!safe(address)) return make("span", "", ...children);
  const anchor = make("a", "", ...children);
  anchor.href = address;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  return anchor;
}

export function safe(address) {
  try {
    return ["http:", "https:", "mailto:", "tg:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

function spoiler(children) {
  const cover = make("span", "spoiler", ...children);
  cover.addEventListener("click", () => cover.classList.add("shown"));
  return cover;
}

function expandable(children) {
  const quote = make("blockquote", "folded", ...children);
  quote.addEventListener("click", () => quote.classList.toggle("folded"));
  return quote;
}

function command(plain, children, onCommand) {
  const button = make("button", "command", ...children);
  button.type = "button";
  button.addEventListener("click", () => onCommand(plain));
  return button;
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
