// Plots of what was measured: the server's drawing is replaced by one that can be looked into.

const MINUTE = 60000;
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function compact(value) {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(1)} M`;
  if (value >= 1e3) return `${+(value / 1e3).toFixed(1)} k`;
  return String(+value.toFixed(value < 10 ? 2 : 1));
}

function moment(at, [since, until]) {
  const day = { day: "numeric", month: "short" };
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Date(at * 1000).toLocaleString([], until - since > 2 * 86400 ? day : clock);
}

function options(figure, width, span) {
  const unit = figure.dataset.unit;
  const axis = { stroke: style("--soft"), grid: { stroke: style("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  const series = figure.dataset.labels.split("|").map((label, index) => ({
    label,
    stroke: style(index ? "--two" : "--one"),
    fill: index ? undefined : `${style("--one")}1c`,
    width: 1.6,
    dash: index ? [5, 3] : undefined,
    points: { show: false },
    spanGaps: false,
  }));
  return {
    width,
    height: 150,
    legend: { show: false },
    cursor: { points: { size: 6 }, y: false, drag: { x: false, y: false }, sync: { key: "relay" } },
    scales: { x: { range: () => span }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
    axes: [{ ...axis, size: 26, space: 70, values: (_, marks) => marks.map((mark) => moment(mark, span)) }, { ...axis, size: 46, space: 34, values: (_, marks) => marks.map((mark) => compact(mark) + unit) }],
    series: [{}, ...series],
    hooks: { setCursor: [(plot) => read(figure, plot)] },
  };
}

/** Below the plot: what it says where the pointer is, else its last values. */
function read(figure, plot) {
  const index = plot.cursor.idx;
  figure.querySelectorAll(".key b").forEach((value, number) => {
    const column = plot.data[number + 1];
    const at = index ?? column.findLastIndex((one) => one !== null);
    const found = at >= 0 ? column[at] : null;
    value.textContent = found === null || found === undefined ? "–" : compact(found) + figure.dataset.unit;
  });
  const top = figure.querySelector(".most");
  top.textContent = index == null ? top.dataset.said : new Date(plot.data[0][index] * 1000).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
}

function draw(figure, columns, span) {
  const place = figure.querySelector(".drawing");
  const top = figure.querySelector(".most");
  top.dataset.said ??= top.textContent;
  const series = figure.dataset.names.split(" ").map((name) => columns[name] ?? []);
  if (columns.at.length < 2 || series.every((column) => column.every((value) => value === null))) return;
  figure.plot?.destroy();
  const drawing = place.querySelector("svg");
  if (drawing) {
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", drawing.getAttribute("aria-label"));
  }
  place.replaceChildren();
  figure.plot = new uPlot(options(figure, place.clientWidth, span), [columns.at, ...series], place);
  read(figure, figure.plot);
}

export function drawPlots(box) {
  if (!box || !window.uPlot) return;
  let told;
  const all = () => told && box.querySelectorAll(".plot").forEach((figure) => draw(figure, told.columns, [told.since, told.until]));
  const load = async () => {
    if (document.hidden) return;
    const answer = await fetch(box.dataset.history, { headers: { Accept: "application/json" } }).catch(() => undefined);
    if (!answer?.ok) return;
    told = await answer.json();
    all();
  };
  load();
  setInterval(load, MINUTE);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  new ResizeObserver(() => box.querySelectorAll(".plot").forEach((figure) => {
    const width = figure.querySelector(".drawing").clientWidth;
    if (figure.plot && figure.plot.width !== width) figure.plot.setSize({ width, height: 150 });
  })).observe(box);
}
