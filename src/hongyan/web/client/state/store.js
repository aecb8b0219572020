// Holds the state and tells whoever shows it, once a frame however much has changed.
import { reduce } from "./reduce.js";

/** @typedef {import("./model.js").State} State */
/** @typedef {import("./reduce.js").Action} Action */

export class Store {
  /** @param {State} state */
  constructor(state) {
    this.state = state;
    /** @type {Set<(state: State) => void>} */
    this.listeners = new Set();
    this.isScheduled = false;
  }

  /** @param {Action} action */
  dispatch(action) {
    const next = reduce(this.state, action);
    if (next === this.state) return;
    this.state = next;
    if (this.isScheduled) return;
    this.isScheduled = true;
    // Not requestAnimationFrame: a hidden tab must keep its title and its badge.
    setTimeout(() => this.tell(), 8);
  }

  tell() {
    this.isScheduled = false;
    for (const listener of this.listeners) listener(this.state);
  }

  /** @param {(state: State) => void} listener */
  subscribe(listener) {
    this.listeners.add(listener);
  }
}
