// A list that is searched, and loaded a page at a time.

/**
 * @typedef {import("./app.js").App} App
 */

/** @template Row */
export class Listing {
  /**
   * @param {App} app
   * @param {(after: number) => Promise<{ rows: Row[], next: number | null, total?: number }>} find the page behind
   *   `after`, which is the `next` of the page before; 0 begins
   */
  constructor(app, find) {
    this.app = app;
    this.find = find;
    /** Null until the first page is there. @type {Row[] | null} */
    this.rows = null;
    this.total = 0;
    /** @type {number | null} */
    this.next = null;
    this.loads = 0;
  }

  /** @param {number} after */
  async load(after = 0) {
    const load = ++this.loads;
    const { rows, total, next } = await this.find(after);
    if (load !== this.loads) return; // another one was begun since
    this.rows = after ? [...(this.rows ?? []), ...rows] : rows;
    this.total = total ?? this.rows.length;
    this.next = next;
    this.app.redraw();
  }

  /** Begins anew: something else is looked for. */
  search() {
    void this.app.attempt(() => this.load());
  }

  more() {
    void this.app.attempt(() => this.load(this.next ?? 0));
  }
}
