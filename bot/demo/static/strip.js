// The strip on top: how far the blog has got, and when it changes next.

const $ = (id) => document.getElementById(id);
let strip = null;

export function setClock(state) {
  strip = { ...state, until: state.next_in === null ? null : performance.now() + state.next_in * 1000 };
  $("blog-title").textContent = state.title;
  for (const anchor of [$("blog"), $("blog-link")]) anchor.href = state.url;
  $("strip").classList.toggle("live", state.begun && state.next_in !== null);
  $("progress").style.width = `${(100 * state.published) / Math.max(state.total, 1)}%`;
  tick();
}

function tick() {
  if (!strip) return;
  const left = strip.until === null ? 0 : Math.max(0, Math.ceil((strip.until - performance.now()) / 1000));
  const next = !strip.begun ? "about to begin" : strip.until === null ? "the story is told" : `next change in ${left} s`;
  $("clock").textContent = `the blog: ${strip.published} of ${strip.total} posts · ${next}`;
}

/** The relay's own page, where it has one. */
export function offerDashboard(address) {
  $("dashboard-link").hidden = !address;
  $("dashboard-link").href = address || "#";
}

/** The connection is gone; the browser tries again by itself. */
export function lost() {
  strip = null;
  $("clock").textContent = "reconnecting…";
}

setInterval(tick, 250);
