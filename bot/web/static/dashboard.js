// What a page can do beyond being read: it stays true by itself, says how long ago things were, and draws plots.
import { follow } from "./follow.js";
import { keepTimes } from "./times.js";
import { drawPlots } from "./plots.js";
import { sparks } from "./sparks.js";

keepTimes(document);
follow(document.getElementById("live"));
drawPlots(document.querySelector(".plots"));
sparks();

document.body.addEventListener("htmx:responseError", (event) => {
  const text = event.detail.xhr.status === 401 ? "Your session has ended: load the page again and log in." : event.detail.xhr.responseText;
  say(text || "The relay did not answer; nothing was done, as far as is known.");
});
document.body.addEventListener("htmx:sendError", () => say("The relay cannot be reached. Look again before you repeat that."));

function say(text) {
  const line = document.createElement("p");
  line.textContent = text;
  const box = document.createElement("div");
  box.className = "said bad";
  box.append(line);
  document.getElementById("said").replaceChildren(box);
}
