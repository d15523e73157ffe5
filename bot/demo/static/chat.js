// The page: which chats there are, which one is open, and what happens in it. Told everything by the event stream.

import { inShort, paintFace, row, versions } from "./bubble.js";
import { clock, make } from "./words.js";
import { composer } from "./composer.js";
import { lost, setClock, offerDashboard } from "./strip.js";

const $ = (id) => document.getElementById(id);
const chats = new Map();
const here = { chat: null, thread: 0, person: 0 };
let seen = {};

const room = {
  me: () => here.person,
  named: () => here.chat.kind !== "private",
  message: (id) => here.chat.messages.get(id),
  reply: (message) => write.answer(message),
  jump,
  command: (text) => say(text),
  press,
  was: showWas,
};

// --- what the server tells ---------------------------------------------------------------------------------------

function listen() {
  const source = new EventSource("events");
  source.addEventListener("state", (event) => everything(JSON.parse(event.data)));
  source.addEventListener("message", (event) => arrived(JSON.parse(event.data)));
  source.addEventListener("chat", (event) => chatChanged(JSON.parse(event.data)));
  source.addEventListener("clock", (event) => setClock(JSON.parse(event.data)));
  source.addEventListener("action", (event) => busy(JSON.parse(event.data)));
  source.addEventListener("error", lost);
}

function everything(state) {
  seen = JSON.parse(sessionStorage.getItem(`seen ${state.world}`) ?? "{}");
  seen.world = state.world;
  write.offerInline(state.inline);
  offerDashboard(state.dashboard);
  chats.clear();
  for (const chat of state.chats) chats.set(chat.id, remembered(chat));
  setClock(state.clock);
  const wanted = Number(location.hash.slice(1)) || here.chat?.id;
  open(chats.get(wanted) ?? chats.values().next().value, here.thread);
}

function remembered(chat) {
  const messages = new Map(chat.messages.map((message) => [message.id, message]));
  return { ...chat, messages, person: chat.people[0].id, busy: "" };
}

function chatChanged(chat) {
  const person = chats.get(chat.id)?.person ?? chat.people[0].id;
  chats.set(chat.id, { ...remembered(chat), person });
  if (here.chat?.id === chat.id) open(chats.get(chat.id), here.thread);
  else drawList();
}

function arrived(message) {
  const chat = chats.get(message.chat);
  if (!chat) return;
  const before = chat.messages.get(message.id);
  chat.messages.set(message.id, message);
  chat.busy = "";
  if (chat === here.chat) {
    drawHead();
    drawTopics();
    if (isSeen(message) && (message.thread === here.thread || !chat.forum)) place(message, before);
  }
  drawList();
}

let quiet = 0;
function busy({ chat: id }) {
  const chat = chats.get(id);
  if (!chat) return;
  chat.busy = "typing…";
  drawHead();
  clearTimeout(quiet);
  quiet = setTimeout(() => { chat.busy = ""; drawHead(); }, 5000);
}

// --- the conversation ---------------------------------------------------------------------------------------------

/** In the order they came; ephemeral ones have ids of their own, below zero, and only one person sees them. */
function shownMessages() {
  const all = [...here.chat.messages.values()].filter(isSeen);
  return here.chat.forum ? all.filter((message) => message.thread === here.thread) : all;
}

const isSeen = (message) => message.alone === null || message.alone === here.person;

function open(chat, thread = 0) {
  const moved = here.chat?.id !== chat.id;
  here.chat = chat;
  here.thread = chat.forum && chat.topics.some((topic) => topic.id === thread) ? thread : 0;
  here.person = chat.person;
  history.replaceState(null, "", `#${chat.id}`);
  if (moved) write.clear();
  drawHead();
  drawTopics();
  drawMessages();
  write.commandsOf(chat, here.person);
  looked();
  drawList();
}

function drawHead() {
  const { chat } = here;
  if (!chat) return;
  paintFace($("face"), chat.title, chat.colour);
  $("title").textContent = chat.title;
  $("subtitle").textContent = chat.busy || chat.subtitle;
  const pinned = shownMessages().findLast((message) => message.pinned && !message.deleted);
  $("pinned").hidden = !pinned;
  $("pinned-text").textContent = pinned ? inShort(pinned) : "";
  $("pinned").onclick = () => jump(pinned.id);
  $("speaker").hidden = chat.people.length < 2;
  $("person").replaceChildren(...chat.people.map((person) => new Option(person.name, person.id, false, person.id === chat.person)));
}

function drawTopics() {
  const { chat } = here;
  $("topics").hidden = !chat.forum;
  $("topics").replaceChildren(...chat.topics.map((topic) => {
    const count = unread(chat, topic.id);
    const button = make("button", "", topic.closed ? `${topic.name} (closed)` : topic.name, count && topic.id !== here.thread ? make("span", "unread", String(count)) : null);
    button.ariaCurrent = String(topic.id === here.thread);
    button.addEventListener("click", () => { write.clear(); open(chat, topic.id); });
    return button;
  }));
}

function drawMessages() {
  const messages = shownMessages();
  const box = $("messages");
  box.replaceChildren(...messages.map((message) => row(message, room)));
  if (messages.every((message) => message.notice)) box.append(hint());
  joinRuns();
  toBottom();
}

function hint() {
  const words = here.chat.forum ? "Nothing in this topic yet. Each topic follows the blog by itself." : "Nothing here yet.";
  const tries = here.chat.hints.map((text) => {
    const button = make("button", "", text);
    button.addEventListener("click", () => say(text));
    return button;
  });
  const box = make("div", "", make("p", "", `${words} Tap one, or type:`), make("div", "", ...tries));
  box.id = "hint";
  return box;
}

function place(message, before) {
  const box = $("messages");
  const low = atBottom();
  const fresh = row(message, room);
  const old = box.querySelector(`[data-id="${message.id}"]`);
  $("hint")?.remove();
  if (old) keepOpen(old, fresh);
  if (old) old.replaceWith(fresh);
  else box.append(fresh);
  if (!old) fresh.classList.add("arriving");
  joinRuns();
  if (before && saysOtherwise(before, message)) flash(fresh);
  if (low || message.from.id === here.person) toBottom();
  looked();
  drawDown();
}

/** What a reader opened in a rich message stays open when the message changes. */
function keepOpen(old, fresh) {
  const before = [...old.querySelectorAll(".rich details")];
  for (const [at, one] of fresh.querySelectorAll(".rich details").entries()) one.open ||= Boolean(before[at]?.open);
}

function saysOtherwise(before, message) {
  return message.was.length > before.was.length && !message.deleted;
}

function flash(element) {
  const target = element.closest(".album") ?? element.querySelector(".bubble") ?? element;
  target.classList.add("flash");
  setTimeout(() => target.classList.remove("flash"), 900);
}

/** The pictures of an album stand in one bubble, above the text of the first. */
function joinAlbums() {
  const box = $("messages");
  for (const album of box.querySelectorAll(".album")) album.replaceWith(...album.children);
  for (const first of box.querySelectorAll(".row[data-album]:not(.gone)")) {
    if (first.parentElement !== box) continue;
    const rows = [first];
    while (rows.at(-1).nextElementSibling?.matches(`.row[data-album="${first.dataset.album}"]:not(.gone)`)) rows.push(rows.at(-1).nextElementSibling);
    if (rows.length < 2) continue;
    const album = make("div", "album");
    first.before(album);
    album.append(...rows);
    album.dataset.count = rows.length;
  }
}

/** Messages of one sender in a row stand closer together, and only the first says who. */
function joinRuns() {
  joinAlbums();
  let from = null;
  for (const element of $("messages").querySelectorAll(".row:not(.gone)")) {
    const first = element.dataset.from !== from;
    element.classList.toggle("first", first);
    const name = element.querySelector(".sender");
    if (name) name.hidden = !first;
    from = element.dataset.from;
  }
}

function atBottom() {
  const box = $("messages");
  return box.scrollHeight - box.scrollTop - box.clientHeight < 90;
}

function toBottom() {
  const box = $("messages");
  box.scrollTop = box.scrollHeight;
  drawDown();
}

function drawDown() {
  $("down").hidden = atBottom();
  if (atBottom()) looked();
  const count = unread(here.chat, here.thread);
  $("below").textContent = count || "";
}

function jump(id) {
  const element = $("messages").querySelector(`[data-id="${id}"]`);
  if (!element) return;
  (element.closest(".album") ?? element).scrollIntoView({ block: "center", behavior: "smooth" });
  flash(element);
}

function showWas(button, message) {
  const card = $("was");
  card.classList.toggle("shown", Boolean(button));
  if (!button) return;
  card.replaceChildren(...versions(message));
  const at = button.getBoundingClientRect();
  const size = card.getBoundingClientRect();
  card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  card.style.top = `${at.top > size.height + 12 ? at.top - size.height - 8 : Math.min(at.bottom + 8, innerHeight - size.height - 8)}px`;
}

// --- the list of chats --------------------------------------------------------------------------------------------

const seenKey = (chat, thread) => `${chat.id}/${chat.forum ? thread : 0}`;

function unread(chat, thread) {
  const upTo = seen[seenKey(chat, thread)] ?? 0;
  const mine = new Set(chat.people.map((person) => person.id));
  return [...chat.messages.values()].filter((message) => message.id > upTo && !message.deleted && !message.notice
    && !mine.has(message.from.id) && (!chat.forum || message.thread === thread)).length;
}

function looked() {
  if (document.hidden || !atBottom() || (narrow() && $("app").dataset.view === "list")) return;
  seen[seenKey(here.chat, here.thread)] = Math.max(0, ...shownMessages().map((message) => message.id));
  sessionStorage.setItem(`seen ${seen.world}`, JSON.stringify(seen));
}

function drawList() {
  $("chats").replaceChildren(...[...chats.values()].map((chat) => make("li", "", chatButton(chat))));
}

function chatButton(chat) {
  const last = [...chat.messages.values()].sort((a, b) => a.date - b.date).findLast((message) => !message.deleted && message.alone === null);
  const threads = chat.forum ? chat.topics.map((topic) => topic.id) : [0];
  const count = threads.reduce((sum, thread) => sum + unread(chat, thread), 0);
  const face = make("span", "face");
  paintFace(face, chat.title, chat.colour);
  const button = make("button", "", face, make("span", "name", chat.title), make("span", "time", last ? clock(last.date) : ""),
    make("span", "last", last ? inShort(last) : chat.subtitle), count ? make("span", "unread", count > 99 ? "99+" : String(count)) : "");
  button.ariaCurrent = String(chat === here.chat);
  button.addEventListener("click", () => { $("app").dataset.view = "talk"; open(chat, here.thread); });
  return button;
}

const narrow = () => matchMedia("(max-width: 46rem)").matches;

// --- what the visitor does ----------------------------------------------------------------------------------------

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

const spoken = (more) => ({ chat: here.chat.id, person: here.person, ...more });

/** Tells the server, and the visitor when it did not work. Undefined when it did not. */
async function tell(path, more) {
  try {
    return await post(path, spoken(more));
  } catch (error) {
    toast(error.message);
    return undefined;
  }
}

async function say(text, replyTo = 0, files = []) {
  const said = await tell("say", { thread: here.thread, text, reply_to: replyTo, files });
  if (said) toBottom();
  return Boolean(said);
}

/** What a link to the bot does: its private chat opens and hears the word. */
function begin(word) {
  const own = [...chats.values()].find((chat) => chat.kind === "private");
  if (!own) return;
  open(own);
  say(`/start ${word}`);
}

async function press(message, button) {
  if (button.copy_text !== undefined) return navigator.clipboard.writeText(button.copy_text).then(() => toast("copied"));
  if (button.data === undefined) return toast("This button does nothing in the demo.");
  const answer = await tell("press", { message: message.id, data: button.data });
  if (answer?.alert) { $("alert-text").textContent = answer.text; $("alert").showModal(); }
  else if (answer?.text) toast(answer.text);
}

let fading = 0;
function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => $("toast").classList.remove("shown"), 3500);
}

// --- and go -------------------------------------------------------------------------------------------------------

const write = composer({
  say,
  toast,
  inline: (words) => tell("inline", { words }),
  choose: (number) => tell("choose", { number }),
  start: begin,
});
$("app").dataset.view = "talk";
$("back").addEventListener("click", () => { $("app").dataset.view = "list"; drawList(); });
$("down").addEventListener("click", toBottom);
$("messages").addEventListener("scroll", () => { showWas(null); if (here.chat) drawDown(); }, { passive: true });
$("messages").addEventListener("load", (event) => { if (event.target.tagName === "IMG" && $("down").hidden) toBottom(); }, true);
$("person").addEventListener("change", (event) => {
  here.chat.person = Number(event.target.value);
  open(here.chat, here.thread);
});
$("theme").addEventListener("click", () => {
  const dark = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  setTheme(dark === "dark" ? "light" : "dark");
});
document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".edited, #was")) showWas(null); });
document.addEventListener("visibilitychange", () => { if (here.chat) { looked(); drawList(); } });

function setTheme(name) {
  if (!name) return;
  document.documentElement.dataset.theme = name;
  localStorage.setItem("theme", name);
}

setTheme(new URLSearchParams(location.search).get("theme") ?? localStorage.getItem("theme"));
listen();
