// One message as an element. `room` says what taps do: reply, press, jump, command, was.

import { rich } from "./rich.js";
import { clock, link, make, safe, words } from "./words.js";

const COLOURS = [["#6cb4f0", "#3a7bd0"], ["#f0a36c", "#d0663a"], ["#7fcf8f", "#3a9a5a"], ["#c38cf0", "#7a4ac0"], ["#f08ca8", "#c83a68"]];

const SIGNS = { video: "▶", animation: "↻", audio: "♫", voice: "🎤", document: "📄", video_note: "◉" };

export function paintFace(element, name, number) {
  const [one, two] = COLOURS[Math.abs(number) % COLOURS.length];
  element.textContent = [...(name || "?")][0].toUpperCase();
  element.style.setProperty("--one", one);
  element.style.setProperty("--two", two);
}

/** A message in one line, for the list of chats, quotes and the pinned bar. */
export function inShort(message) {
  if (message.deleted) return "deleted message";
  if (message.notice) return message.notice;
  return message.text.replace(/\s+/g, " ").trim() || (message.photo ? "🖼 picture" : message.file ? `📎 ${message.file}` : "");
}

export function row(message, room) {
  if (message.deleted) return gone(message);
  if (message.notice) return mark(make("div", "notice", message.notice), message);
  const mine = message.from.id === room.me();
  const reply = make("button", "round reply", "↩");
  reply.type = "button";
  reply.ariaLabel = "Reply";
  reply.addEventListener("click", () => room.reply(message));
  const held = make("div", "held", bubble(message, room, mine), keys(message, room));
  return mark(make("div", mine ? "row mine" : "row", held, reply), message);
}

function mark(element, message) {
  element.dataset.id = message.id;
  element.dataset.from = message.from.id;
  if (message.album) element.dataset.album = message.album;
  return element;
}

function gone(message) {
  const trace = make("details", "row gone", make("summary", "", message.from.bot ? "deleted by the bot" : "deleted"));
  trace.append(make("div", "", message.text || "a picture"));
  return mark(trace, message);
}

function bubble(message, room, mine) {
  const named = !mine && room.named() ? make("div", "sender", message.from.name) : null;
  const via = message.via ? make("div", "via", `via @${message.via}`) : null;
  const text = says(message, room);
  const shown = make("div", "bubble", named, via, quote(message, room), picture(message), text, foot(message, room));
  if (text) text.style.setProperty("--foot", `${3.4 + (message.was.length ? 3.8 : 0) + (message.alone !== null ? 6.4 : 0)}rem`);
  if (text && endsFromRight(message.text ?? "")) text.classList.add("from-right");
  return shown;
}

// Whether its last line begins at the right, where the time stands: then that goes below it. Isolated words do not count.
function endsFromRight(text) {
  const line = text.split("\n").at(-1).replace(/[\u2066-\u2068][^\u2069]*\u2069/g, "");
  const first = line.match(/\p{L}/u);
  return first !== null && /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u.test(first[0]);
}

function says(message, room) {
  if (message.rich) return rich(message.rich);
  return message.text ? make("div", "says", ...words(message.text, message.entities, room.command)) : null;
}

function quote(message, room) {
  const original = message.reply_to && room.message(message.reply_to);
  if (!original) return null;
  const button = make("button", "quote", make("b", "", original.from.name), make("span", "", inShort(original)));
  button.type = "button";
  button.addEventListener("click", () => room.jump(original.id));
  return button;
}

function picture(message) {
  if (!message.photo) return message.file ? make("div", "card", make("b", "", SIGNS[message.kind] ?? "📎"), make("span", "", message.file)) : null;
  const image = make("img");
  const frame = link(message.photo.url, [image]);
  frame.classList.add("photo");
  image.alt = "";
  image.width = message.photo.width;
  image.height = message.photo.height;
  image.referrerPolicy = "no-referrer";
  image.addEventListener("error", () => frame.classList.add("broken"));
  if (safe(message.photo.url)) image.src = message.photo.url;
  else frame.classList.add("broken");
  return frame;
}

function foot(message, room) {
  const line = make("div", "foot");
  if (message.alone !== null) line.append(make("span", "alone", "only you see this"));
  if (message.was.length) line.append(edits(message, room));
  line.append(clock(message.date));
  return line;
}

function edits(message, room) {
  const times = message.was.length > 1 ? `edited ×${message.was.length}` : "edited";
  const button = make("button", "edited", times);
  button.type = "button";
  button.title = "What it said before";
  const show = () => room.was(button, message);
  button.addEventListener("mouseenter", show);
  button.addEventListener("focus", show);
  button.addEventListener("click", show);
  for (const leaving of ["mouseleave", "blur"]) button.addEventListener(leaving, () => room.was(null));
  return button;
}

function keys(message, room) {
  if (!message.buttons.length) return null;
  const rows = message.buttons.map((buttons) => make("div", "", ...buttons.map((button) => key(button, message, room))));
  return make("div", "keys", ...rows);
}

function key(button, message, room) {
  if (button.url) return link(button.url, [`${button.text} ↗`]);
  const element = make("button", "", button.text);
  element.type = "button";
  element.addEventListener("click", async () => {
    element.ariaBusy = "true";
    await room.press(message, button);
    element.ariaBusy = "false";
  });
  return element;
}

/** What a message said before, the latest first. */
export function versions(message) {
  return message.was.toReversed().flatMap((version) => [
    make("h3", "", `until ${clock(version.until)} it said`),
    make("div", "", ...words(version.text || "a picture", version.entities, () => {})),
  ]);
}
