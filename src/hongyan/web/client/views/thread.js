// <hy-thread>: the messages of a conversation. However long it is, a window of them is in the page; it moves as
// one scrolls, and what one reads stays where it is.
import { html, render } from "../vendor/lit-html/lit-html.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";

const STEP = 60;
const MAX_ROWS = 240;
const NEAR_PX = 700;
const BOTTOM_PX = 48;

/** @typedef {import("../state/model.js").Message} Message */
/**
 * @typedef {{
 *   key: string, items: Message[], isComplete: boolean, isLoading: boolean,
 *   older: () => void, row: (item: Message, before: Message | undefined) => unknown,
 *   top: unknown, label: string, newest: string, inputs: unknown[],
 * }} ThreadModel `inputs` are what rows are made of; as long as they are the same nothing is drawn again
 */

class Thread extends HTMLElement {
  constructor() {
    super();
    /** @type {ThreadModel | null} */
    this._model = null;
    this._begin = 0;
    this._end = 0;
    this._isPinned = true;
    this._isWaiting = false;
    /** @type {{ id: string, top: number } | null} what stands first in view, and where */
    this._anchor = null;
    this.onscroll = () => this.scrolled();
    this._observer = new ResizeObserver(() => this.hold());
  }

  /** @param {ThreadModel} model */
  set model(model) {
    const before = this._model;
    this._model = model;
    if (before && model.inputs.every((input, index) => input === before.inputs[index])) return;
    if (before?.key !== model.key) {
      this._isPinned = true;
      this._anchor = null;
    } else this.follow(before.items, model.items);
    this.draw();
  }

  connectedCallback() {
    this._observer.observe(this);
    this.draw();
  }

  disconnectedCallback() {
    this._observer.disconnect();
  }

  /** Keeps the window on the same messages when others came before or after. @param {Message[]} was @param {Message[]} is */
  follow(was, is) {
    if (this._isPinned || was === is) return;
    const first = was[this._begin];
    const at = first ? placeOf(first, is, this._begin + is.length - was.length) : -1;
    const size = this._end - this._begin;
    const wasAtEnd = this._end >= was.length;
    this._begin = Math.max(0, at);
    this._end = wasAtEnd && is.length - this._begin <= MAX_ROWS ? is.length : Math.min(is.length, this._begin + size);
  }

  draw() {
    const model = this._model;
    if (!model || !this.isConnected) return;
    const { items } = model;
    if (this._isPinned) {
      this._end = items.length;
      this._begin = Math.max(0, items.length - 2 * STEP);
    }
    this._isWaiting = model.isLoading;
    const shown = items.slice(this._begin, this._end);
    const rows = repeat(shown, rowId, (item, index) => model.row(item, items[this._begin + index - 1]));
    const isAway = !this._isPinned;
    render(
      html`<div class="rows" role="log" aria-label=${model.label}>${this._begin === 0 ? model.top : ""}${rows}</div>
        <button class="newest" type="button" ?hidden=${!isAway} @click=${() => this.toEnd()}>${model.newest}</button>`,
      this,
    );
    const content = this.firstElementChild;
    if (content) this._observer.observe(content);
    this.hold();
    if (this._isPinned ? this.scrollHeight <= this.clientHeight + NEAR_PX : this.scrollTop < NEAR_PX) this.more();
  }

  /** Puts what was in view back to where it was. */
  hold() {
    if (this._isPinned) {
      this.scrollTo(0, this.scrollHeight);
      return;
    }
    const anchor = this._anchor;
    const row = anchor && this.querySelector(`[data-row="${anchor.id}"]`);
    if (anchor && row) this.scrollBy(0, row.getBoundingClientRect().top - this.getBoundingClientRect().top - anchor.top);
  }

  scrolled() {
    const model = this._model;
    if (!model) return;
    const below = this.scrollHeight - this.scrollTop - this.clientHeight;
    const wasPinned = this._isPinned;
    this._isPinned = below < BOTTOM_PX && this._end >= model.items.length;
    this.remember();
    if (this.scrollTop < NEAR_PX) this.more();
    else if (below < NEAR_PX && this._end < model.items.length) this.later(model);
    else if (wasPinned !== this._isPinned) this.draw();
  }

  /** Shows older messages, or asks for some. */
  more() {
    const model = this._model;
    if (!model || model.items.length === 0) return;
    if (this._begin > 0) {
      if (this._isPinned) return; // a full window: older ones come when one scrolls to them
      this._begin = Math.max(0, this._begin - STEP);
      this._end = Math.min(this._end, this._begin + MAX_ROWS);
      this.draw();
    } else if (!model.isComplete && !this._isWaiting) {
      this._isWaiting = true;
      model.older();
    }
  }

  /** @param {ThreadModel} model */
  later(model) {
    this._end = Math.min(model.items.length, this._end + STEP);
    this._begin = Math.max(this._begin, this._end - MAX_ROWS);
    this.draw();
  }

  toEnd() {
    this._isPinned = true;
    this.draw();
  }

  remember() {
    const top = this.getBoundingClientRect().top;
    const rows = /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-row]"));
    let [low, high] = [0, rows.length]; // the first that reaches below the upper edge is in between
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > top) high = middle;
      else low = middle + 1;
    }
    const row = rows[low];
    if (row) this._anchor = { id: row.dataset.row ?? "", top: row.getBoundingClientRect().top - top };
  }
}

/**
 * Where a message is now: most often where older ones have pushed it, or where it was.
 * @param {Message} message @param {Message[]} items @param {number} guess
 */
function placeOf(message, items, guess) {
  if (items[guess] === message) return guess;
  const at = items.indexOf(message);
  return at >= 0 ? at : items.findIndex((item) => rowId(item) === rowId(message));
}

/** The same for a message before and after it has its number, so that it does not jump. @param {Message} message */
export function rowId(message) {
  return message.clientId ? `c${message.clientId.replace(/[^\w-]/g, "")}` : `m${message.id}`;
}

customElements.define("hy-thread", Thread);
