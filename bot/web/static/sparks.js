// The last two minutes of a number, drawn beside it while one looks.

const KEPT = 120;

export function sparks() {
  const seen = [];
  setInterval(() => {
    const tile = document.querySelector("[data-spark]");
    if (!tile || document.hidden) return;
    seen.push(Number(tile.dataset.spark));
    if (seen.length > KEPT) seen.shift();
    tile.querySelector(".spark")?.remove();
    if (seen.length > 2 && Math.max(...seen) > 0) tile.append(drawing(seen));
  }, 1000);
}

function drawing(values) {
  const top = Math.max(...values);
  const marks = values.map((value, index) => `${((index + KEPT - values.length) / (KEPT - 1)) * 100} ${30 - (value / top) * 28}`);
  const make = (name, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };
  const svg = make("svg", { class: "spark", viewBox: "0 0 100 32", preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(make("path", { d: `M${marks.join("L")}` }));
  return svg;
}
