// Lines over time, drawn as SVG: axes with round numbers, the moment under the pointer, and words for those who see none.
import { clock, locale, t } from "../i18n/index.js";
import { html, nothing, svg } from "../../client/vendor/lit-html/lit-html.js";

/**
 * @typedef {{ label: string, values: (number | null)[] }} Line
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} unit behind every number
 * @property {Line[]} lines of the same length as `times`
 * @property {number[]} times in seconds since 1970
 */

const WIDTH = 460;
const HEIGHT = 170;
const LEFT = 44;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 24;
const ROWS = 3;

/** Which moment the pointer is on, by the title of the chart: 0 is the first, 1 the last. */
const pointed = new Map();

/** @param {import("../app/app.js").App} app @param {Chart} chart */
export function chartView(app, chart) {
  const { title, times, lines } = chart;
  const top = roundUp(Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const at = pointed.has(title) ? Math.round(pointed.get(title) * (times.length - 1)) : times.length - 1;
  const point = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    pointed.set(title, Math.min(1, Math.max(0, (x - LEFT) / (WIDTH - LEFT - RIGHT))));
    app.redraw();
  };
  const leave = () => {
    pointed.delete(title);
    app.redraw();
  };
  return html`<section class="panel chart">
    <h2>${title}</h2>
    <p class="legend">${lines.map((line, index) => legend(chart, line, index, at))}
      ${pointed.has(title) && times[at] ? html`<span class="moment">${clock(times[at], true)}</span>` : nothing}</p>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${inWords(chart)} @pointermove=${point} @pointerleave=${leave}>
      ${rows(top)} ${hours(times)} ${lines.map((line, index) => drawn(line, times, top, index, lines.length === 1))}
      ${pointed.has(title) ? cursor(chart, at, top) : nothing}
    </svg>
  </section>`;
}

/** @param {Chart} chart @param {Line} line @param {number} index @param {number} at */
function legend({ unit }, { label, values }, index, at) {
  return html`<span class="entry"><i class="dot line-${index % 6}"></i>${label} <strong>${short(values[at] ?? null)}${values[at] == null ? "" : unit}</strong></span>`;
}

/** @param {Chart} chart */
function inWords({ title, unit, lines }) {
  const parts = lines.map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    return t("chartWords", { label, last: short(known.at(-1) ?? null) + unit, most: short(known.length ? Math.max(...known) : null) + unit });
  });
  return `${title}: ${parts.join("; ")}`;
}

/** @param {number} top */
function rows(top) {
  return Array.from({ length: ROWS + 1 }, (_, row) => {
    const value = (top / ROWS) * row;
    const y = yOf(value, top);
    return svg`<line class="grid" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y} y2=${y}></line><text class="tick" x=${LEFT - 7} y=${y + 4} text-anchor="end">${short(value)}</text>`;
  });
}

/** @param {number[]} times */
function hours(times) {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined || last === first) return nothing;
  return [0, 0.5, 1].map((part) => {
    const anchor = part === 0 ? "start" : part === 1 ? "end" : "middle";
    return svg`<text class="tick" x=${LEFT + part * (WIDTH - LEFT - RIGHT)} y=${HEIGHT - 6} text-anchor=${anchor}>${clock(first + part * (last - first))}</text>`;
  });
}

/** @param {Line} line @param {number[]} times @param {number} top @param {number} index @param {boolean} isAlone */
function drawn({ values }, times, top, index, isAlone) {
  const pieces = piecesOf(values).map((piece) => piece.map((at) => `${xOf(at, times.length).toFixed(1)},${yOf(values[at] ?? 0, top).toFixed(1)}`));
  return pieces.map((points) => {
    const line = svg`<polyline class="line line-${index % 6}" points=${points.join(" ")}></polyline>`;
    const first = points[0]?.split(",")[0];
    const last = points.at(-1)?.split(",")[0];
    return isAlone ? svg`<polygon class="area line-${index % 6}" points="${first},${yOf(0, top)} ${points.join(" ")} ${last},${yOf(0, top)}"></polygon>${line}` : line;
  });
}

/** Places where there are values, gaps taken out. @param {(number | null)[]} values */
function piecesOf(values) {
  /** @type {number[][]} */
  const pieces = [];
  values.forEach((value, at) => {
    if (value === null) return;
    const last = pieces.at(-1);
    if (last && last.at(-1) === at - 1) last.push(at);
    else pieces.push([at]);
  });
  return pieces;
}

/** @param {Chart} chart @param {number} at @param {number} top */
function cursor({ times, lines }, at, top) {
  const x = xOf(at, times.length);
  return svg`<line class="cursor" x1=${x} x2=${x} y1=${TOP} y2=${HEIGHT - BOTTOM}></line>
    ${lines.map(({ values }, index) => (values[at] == null ? nothing : svg`<circle class="spot line-${index % 6}" cx=${x} cy=${yOf(values[at] ?? 0, top)} r="3.5"></circle>`))}`;
}

/** @param {number} at @param {number} count */
function xOf(at, count) {
  return LEFT + (count > 1 ? at / (count - 1) : 1) * (WIDTH - LEFT - RIGHT);
}

/** @param {number} value @param {number} top */
function yOf(value, top) {
  return HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
}

/** The next number that divides well. @param {number} value */
function roundUp(value) {
  if (value <= 0) return ROWS;
  const unit = 10 ** Math.floor(Math.log10(value / ROWS));
  const step = [1, 2, 5, 10].find((each) => each * unit * ROWS >= value) ?? 10;
  return step * unit * ROWS;
}

/** @param {number | null} value */
export function short(value) {
  if (value === null) return "–";
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString(locale(), { maximumFractionDigits: digits, notation: value >= 100_000 ? "compact" : "standard" });
}
