// The line one writes in: Enter sends, "/" brings up the bot's commands, a reply shows what it answers.

import { inShort } from "./bubble.js";
import { make } from "./words.js";

const $ = (id) => document.getElementById(id);

/** `act.say(text, replyTo)` sends, and says whether it went. */
export function composer(act) {
  const text = $("text");
  let commands = [];
  let answering = null;
  let chosen = 0;

  function answer(message) {
    answering = message;
    $("answering").hidden = !message;
    $("answering-text").textContent = message ? `Reply to ${message.from.name}: ${inShort(message)}` : "";
    if (message) text.focus();
  }

  function clear() {
    answer(null);
    text.value = "";
    menu();
  }

  function commandsOf(chat, person) {
    commands = chat.commands[person] ?? [];
    menu();
  }

  async function send() {
    const words = text.value.trim();
    if (!words) return;
    const replyTo = answering?.id ?? 0;
    clear();
    if (!(await act.say(words, replyTo))) text.value ||= words;
  }

  const found = () => {
    const typed = text.value;
    return /^\/[a-z_0-9]*$/i.test(typed) ? commands.filter((one) => one.command.startsWith(typed.slice(1).toLowerCase())) : [];
  };

  function menu() {
    const matching = found();
    chosen = Math.min(chosen, Math.max(matching.length - 1, 0));
    $("commands").replaceChildren(...matching.map((one, place) => {
      const button = make("button", "", make("b", "", `/${one.command}`), make("span", "", one.description));
      button.type = "button";
      button.role = "option";
      button.ariaSelected = String(place === chosen);
      button.addEventListener("click", () => { text.value = `/${one.command}`; send(); });
      return button;
    }));
    $("commands").children[chosen]?.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const count = found().length;
    chosen = (chosen + step + count) % count;
    menu();
  }

  function keydown(event) {
    const matching = found();
    if (event.isComposing) return;
    if (matching.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (matching.length && event.key === "Tab") {
      text.value = `/${matching[chosen].command} `;
      menu();
    } else if (event.key === "Escape") {
      clear();
    } else if (event.key === "Enter" && !event.shiftKey) {
      if (matching.length) text.value = `/${matching[chosen].command}`;
      send();
    } else {
      return;
    }
    event.preventDefault();
  }

  text.addEventListener("keydown", keydown);
  text.addEventListener("input", () => { chosen = 0; menu(); });
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  $("answering-off").addEventListener("click", () => answer(null));
  $("slash").addEventListener("click", () => {
    text.value = text.value.startsWith("/") ? "" : "/";
    chosen = 0;
    menu();
    text.focus();
  });
  answer(null);
  return { answer, clear, commandsOf };
}
