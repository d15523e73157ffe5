// The line one writes in: Enter sends, "/" brings up the bot's commands, "@bot words" what it offers inline, a reply
// shows what it answers, files go along with the text, several as an album.

import { inShort } from "./bubble.js";
import { make, safe } from "./words.js";

const $ = (id) => document.getElementById(id);
const LARGEST = 10 << 20;  // bytes of all files together
const PAUSE = 350;  // ms without a key before the bot is asked

/** `act`: say(text, replyTo, files) sends and tells whether it went; inline(words), choose(number), start(word), toast(text). */
export function composer(act) {
  const text = $("text");
  let bot = "";  // the name that inline queries begin with; empty where the bot takes none
  let commands = [];
  let offers = [];  // what the menu shows: { name, about, take, complete }
  let chosen = 0;
  let answering = null;
  let files = [];  // that go along: { name, kind, content }
  let asking = 0;

  // --- reply and files ---

  function note() {
    $("answering").hidden = !answering && !files.length;
    const reply = answering ? `Reply to ${answering.from.name}: ${inShort(answering)}` : "";
    $("answering-text").textContent = [...files.map((file) => `📎 ${file.name}`), reply].filter(Boolean).join(" · ");
  }

  function answer(message) {
    answering = message;
    note();
    if (message) text.focus();
  }

  async function attach(chosenFiles) {
    if (!chosenFiles.length) return;
    if (chosenFiles.reduce((size, file) => size + file.size, 0) > LARGEST) return act.toast("At most 10 MB, please.");
    files = await Promise.all(chosenFiles.map(async (file) => ({ name: file.name || "picture", kind: kindOf(file.type), content: await read(file) })));
    note();
    text.focus();
  }

  const kindOf = (type) => /^image\/(png|jpeg)$/.test(type) ? "photo" : type.startsWith("video/") ? "video" : type.startsWith("audio/") ? "audio" : "document";

  const read = (file) => new Promise((done, failed) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => done(reader.result.split(",")[1] ?? ""));
    reader.addEventListener("error", () => failed(reader.error));
    reader.readAsDataURL(file);
  });

  function clear() {
    answering = null;
    files = [];
    text.value = "";
    note();
    look();
  }

  async function send() {
    const words = text.value.trim();
    if (!words && !files.length) return;
    const [replyTo, attached] = [answering?.id ?? 0, files.map(({ kind, content }) => ({ kind, content }))];
    clear();
    if (!(await act.say(words, replyTo, attached))) text.value ||= words;
  }

  // --- the menu above the line ---

  function look() {
    clearTimeout(asking);
    const typed = text.value;
    const asked = bot && typed.startsWith(`@${bot} `) ? typed.slice(bot.length + 2) : null;
    if (asked !== null) asking = setTimeout(() => ask(typed, asked), PAUSE);
    show(asked !== null ? [] : matching(typed));
  }

  function matching(typed) {
    if (bot && /^@\w*$/.test(typed) && `@${bot}`.startsWith(typed)) {
      const name = `@${bot}`;
      return [{ name, about: "then words: share a post into this chat", complete: `${name} `, take: () => fill(`${name} `) }];
    }
    if (!/^\/\w*$/.test(typed)) return [];
    const begun = commands.filter((one) => one.command.startsWith(typed.slice(1).toLowerCase()));
    return begun.map(({ command, description }) => ({
      name: `/${command}`, about: description, complete: `/${command} `, take: () => { text.value = `/${command}`; send(); },
    }));
  }

  async function ask(typed, words) {
    const found = await act.inline(words.trim());
    if (text.value !== typed || !found) return;
    const way = found.button ? [{ name: found.button, about: "", take: () => { clear(); act.start(found.start); } }] : [];
    const none = way.length ? way : [{ name: "Nothing found", about: words, take: () => {} }];
    show(found.results.length ? found.results.map(offered) : none);
  }

  const offered = (one, number) => ({ name: one.title, about: one.description, picture: one.thumbnail_url, take: () => { clear(); act.choose(number); } });

  function fill(words) {
    text.value = words;
    text.focus();
    look();
  }

  function show(found) {
    offers = found;
    chosen = 0;
    draw();
  }

  function draw() {
    $("commands").replaceChildren(...offers.map((offer, place) => {
      const button = make("button", "", make("b", "", thumbnail(offer.picture), offer.name), make("span", "", offer.about));
      button.type = "button";
      button.role = "option";
      button.ariaSelected = String(place === chosen);
      button.addEventListener("click", () => offer.take());
      return button;
    }));
    $("commands").children[chosen]?.scrollIntoView({ block: "nearest" });
  }

  function thumbnail(address) {
    if (!address || !safe(address)) return null;
    const image = make("img", "thumbnail");
    image.alt = "";
    image.referrerPolicy = "no-referrer";
    image.addEventListener("error", () => image.remove());
    image.src = address;
    return image;
  }

  function keydown(event) {
    if (event.isComposing) return;
    const offer = offers[chosen];
    if (offer && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + offers.length) % offers.length;
      draw();
    } else if (offer?.complete && event.key === "Tab") {
      fill(offer.complete);
    } else if (event.key === "Escape") {
      clear();
    } else if (event.key === "Enter" && !event.shiftKey) {
      if (offer) offer.take();
      else send();
    } else {
      return;
    }
    event.preventDefault();
  }

  text.addEventListener("keydown", keydown);
  text.addEventListener("input", look);
  text.addEventListener("paste", (event) => attach([...event.clipboardData.files]));
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  $("answering-off").addEventListener("click", () => { answering = null; files = []; note(); });
  $("slash").addEventListener("click", () => fill(text.value.startsWith("/") ? "" : "/"));
  $("attach").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", (event) => { attach([...event.target.files]); event.target.value = ""; });
  note();
  return {
    answer,
    clear,
    commandsOf: (chat, person) => { commands = chat.commands[person] ?? []; look(); },
    offerInline: (name) => { bot = name; },
  };
}
