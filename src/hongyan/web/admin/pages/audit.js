// What administrators, keys and the command line did.
import { Listing } from "../app/listing.js";
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
    /** @type {Listing<Entry>} */
    this.list = new Listing(app, (before) => this.find(before));
  }

  async open() {
    await this.list.load();
  }

  /** @param {number} before */
  async find(before) {
    const { entries, next } = await this.app.api.do("audit.find", { text: this.text, before });
    return { rows: entries, next };
  }

  /** @param {string} text */
  search(text) {
    this.text = text;
    this.list.search();
  }

  view() {
    return html`${heading(t("audit"))}
      <p class="about">${t("auditText")}</p>
      <div class="filters">${searchField(t("searchAudit"), this.text, (text) => this.search(text))}</div>
      ${table(t("audit"), this.columns(), this.list.rows)}
      ${this.list.next ? html`<p class="more"><button class="secondary" type="button" @click=${() => this.list.more()}>${t("loadMore")}</button></p>` : nothing}`;
  }

  /** @returns {import("../views/tables.js").Column<Entry>[]} */
  columns() {
    return [
      { label: "time", cell: (entry) => dateTime(entry.at), kind: "time" },
      { label: "who", cell: (entry) => html`<strong>${entry.actor}</strong>` },
      { label: "from", cell: (entry) => entry.address, kind: "short" },
      { label: "what", cell: (entry) => html`<code>${entry.operation}</code>`, kind: "short" },
      { label: "target", cell: (entry) => entry.target },
      { label: "detail", cell: (entry) => (entry.detail && entry.detail !== "{}" ? html`<code class="detail">${entry.detail}</code>` : "") },
    ];
  }
}
