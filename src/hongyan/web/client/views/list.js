// <hy-list>: a list of rows of one height that draws only what can be seen.
import { html, render } from "../vendor/lit-html/lit-html.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";

const SPARE_ROWS = 8;

/**
 * @template T
 * @typedef {{ items: T[], height: number, row: (item: T, index: number) => unknown, keyOf: (item: T) => unknown, label: string }} ListModel
 */

class VirtualList extends HTMLElement {
  constructor() {
    super();
    /** @type {ListModel<any> | null} */
    this._model = null;
    this._begin = -1;
    this._end = -1;
    this.onscroll = () => this.draw(false);
    this.onkeydown = (/** @type {KeyboardEvent} */ event) => this.move(event);
    this._observer = new ResizeObserver(() => this.draw(false));
  }

  /** @param {ListModel<any>} model */
  set model(model) {
    this._model = model;
    this.draw(true);
  }

  connectedCallback() {
    this._observer.observe(this);
    this.draw(true);
  }

  disconnectedCallback() {
    this._observer.disconnect();
  }

  /** @param {boolean} isForced whether the same rows must be drawn again */
  draw(isForced) {
    const model = this._model;
    if (!model || !this.isConnected) return;
    const { items, height } = model;
    const begin = Math.max(0, Math.floor(this.scrollTop / height) - SPARE_ROWS);
    const end = Math.min(items.length, Math.ceil((this.scrollTop + (this.clientHeight || 800)) / height) + SPARE_ROWS);
    if (!isForced && begin === this._begin && end === this._end) return;
    this._begin = begin;
    this._end = end;
    const shown = items.slice(begin, end);
    const rows = repeat(shown, model.keyOf, (item, index) => model.row(item, begin + index));
    render(html`<div class="space"><div class="rows" role="list" aria-label=${model.label}>${rows}</div></div>`, this);
    const space = /** @type {HTMLElement} */ (this.querySelector(".space"));
    space.style.height = `${items.length * height}px`;
    /** @type {HTMLElement} */ (space.firstElementChild).style.transform = `translateY(${begin * height}px)`;
  }

  /** Up and down go from row to row. @param {KeyboardEvent} event */
  move(event) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const row = /** @type {HTMLElement} */ (event.target).closest("[role=listitem]");
    if (!step || !row) return;
    const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    const target = /** @type {HTMLElement | null | undefined} */ (next?.querySelector("button, [tabindex]"));
    event.preventDefault();
    target?.focus();
    target?.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("hy-list", VirtualList);
