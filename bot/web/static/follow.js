// The stream of what changes, closed while nobody looks. htmx's extension holds one source for a page's whole life, so
// it is given one that ends and begins anew behind its back; the server tells everything first, so nothing is missed.

const states = { on: "live", off: "paused", lost: "connecting…" };

class Source {
  constructor(url, show) {
    this.url = url;
    this.show = show;
    this.listeners = new Map();
    this.closed = false;
    this.wait = 1000;
    this.turn = () => (document.hidden ? this.pause() : this.open());
    document.addEventListener("visibilitychange", this.turn);
    this.turn();
  }

  get readyState() {
    return this.closed ? EventSource.CLOSED : EventSource.OPEN;
  }

  open() {
    if (this.inner || this.closed) return;
    this.inner = new EventSource(this.url);
    this.inner.onopen = () => { this.wait = 1000; this.show("on"); };
    this.inner.onerror = () => this.lost();
    for (const name of this.listeners.keys()) this.hear(name);
  }

  lost() {
    this.show("lost");
    if (this.inner?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    this.inner = undefined;
    this.wait = Math.min(this.wait * 2, 60000);
    setTimeout(() => { if (!document.hidden) this.open(); }, this.wait);
  }

  pause() {
    this.inner?.close();
    this.inner = undefined;
    this.show("off");
  }

  hear(name) {
    this.inner?.addEventListener(name, (event) => this.listeners.get(name)?.forEach((listener) => listener(event)));
  }

  addEventListener(name, listener) {
    if (!this.listeners.has(name)) {
      this.listeners.set(name, new Set());
      this.hear(name);
    }
    this.listeners.get(name).add(listener);
  }

  removeEventListener(name, listener) {
    this.listeners.get(name)?.delete(listener);
  }

  close() {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.turn);
    this.inner?.close();
    this.inner = undefined;
  }
}

export function follow(sign) {
  if (!window.htmx) return;
  const show = (state) => {
    sign.hidden = false;
    sign.className = `live ${state}`;
    if (sign.textContent !== states[state]) sign.textContent = states[state];
  };
  htmx.createEventSource = (url) => new Source(url, show);
}
