// "14:02:31" becomes "12 s ago", and stays true. The mark-up keeps the instant; only what people read is changed.

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
const EVERY = 1000;

function said(at) {
  const seconds = Math.round((at - Date.now()) / 1000);
  const length = Math.abs(seconds);
  if (length < 1) return "now";
  const index = UNITS.findIndex(([size]) => length >= size);
  const [size, name] = UNITS[index];
  const next = UNITS[index + 1];
  const rest = next && length < 10 * size ? Math.floor((length % size) / next[0]) : 0;
  const words = `${Math.floor(length / size)} ${name}${rest && size > 60 ? ` ${rest} ${next[1]}` : ""}`;
  return seconds < 0 ? `${words} ago` : `in ${words}`;
}

function tell(time) {
  const at = Date.parse(time.dateTime);
  if (Number.isNaN(at)) return;
  if (!time.title) time.title = new Date(at).toLocaleString();
  const words = "clock" in time.dataset ? new Date(at).toLocaleTimeString([], { hourCycle: "h23" }) : said(at);
  if (time.textContent !== words) time.textContent = words;
}

export function keepTimes(root) {
  const all = () => root.querySelectorAll("time").forEach(tell);
  all();
  setInterval(() => { if (!document.hidden) all(); }, EVERY);
  document.body.addEventListener("htmx:afterSwap", (event) => event.target.querySelectorAll("time").forEach(tell));
}
