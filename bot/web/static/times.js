// "14:02:31" becomes "12 s ago", and stays true. The mark-up keeps the instant; only what people read is changed.

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
const EVERY = 1000;
const AT_IT = 10; // seconds: what is due is being done, and the page hears of it a little later

function said(at, due) {
  const seconds = Math.round((at - Date.now()) / 1000);
  const length = Math.abs(seconds);
  if (length < 1 || (due && seconds < 0 && length < AT_IT)) return "now";
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
  const words = "clock" in time.dataset ? new Date(at).toLocaleTimeString([], { hourCycle: "h23" }) : said(at, "due" in time.dataset);
  if (time.textContent !== words) time.textContent = words;
}

export function keepTimes(root) {
  const all = () => root.querySelectorAll("time").forEach(tell);
  all();
  setInterval(() => { if (!document.hidden) all(); }, EVERY);
  document.body.addEventListener("htmx:afterSwap", (event) => event.target.querySelectorAll("time").forEach(tell));
}
