// What administrators and keys did.
import { dateTime, t } from "../i18n/index.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";
import { heading, searchField, table } from "../views/tables.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {{ id: number, at: number, actor: string, address: string, operation: string, target: string, detail: string }} Entry
 */

export class AuditPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.text = "";
    /** @type {Entry[] | null} */
    this.entries = null;
    /** @type {number | null} */
    this.next = null;
    this.searches = 0;
  }

  async open() {
    await this.load(0);
  }

  /** @param {number} before */
  async load(before) {
    const search = ++this.searches;
    const found = await this.app.api.do("audit.find", { text: this.text, before });
    if (search !== this.searches) return;
    this.entries = before ? [...(this.entries ?? []), ...found.entries] : found.entries;
    this.next = found.next;
    this.app.redraw();
  }

  /** @param {string} text */
  search(text) {
    this.text = text;
    void this.app.attempt(() => this.load(0));
  }

  view() {
    const load = () => this.app.attempt(() => this.load(this.next ?? 0));
    return html`${heading(t("audit"))}
      <p class="about">${t("auditText")}</p>
      <div class="filters">${searchField(t("searchAudit"), this.text, (text) => this.search(text))}</div>
      ${table(t("audit"), this.columns(), this.entries)}
      ${this.next ? html`<p class="more"><button class="secondary" type="button" @click=${load}>${t("loadMore")}</button></p>` : nothing}`;
  }

  /** @returns {import("../views/tables.js").Column<Entry>[]} */
  columns() {
    return [
      { label: "time", cell: (entry) => dateTime(entry.at), kind: "time" },
      { label: "who", cell: (entry) => html`<strong>${entry.actor}</strong>` },
      { label: "from", cell: (entry) => entry.address },
      { label: "what", cell: (entry) => html`<code>${entry.operation}</code>` },
      { label: "target", cell: (entry) => entry.target },
      { label: "detail", cell: (entry) => (entry.detail && entry.detail !== "{}" ? html`<code class="detail">${entry.detail}</code>` : "") },
    ];
  }
}
