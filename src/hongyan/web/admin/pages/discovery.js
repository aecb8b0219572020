// Discovery entries: the links that phones show.
import { number, t } from "../i18n/index.js";
import { html } from "../../client/vendor/lit-html/lit-html.js";
import { icon } from "../../client/views/icons.js";
import { formDialog, question } from "../views/forms.js";
import { heading, table } from "../views/tables.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {{ id: number, name: string, url: string, priority: number }} Entry
 */

export class DiscoveryPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Entry[] | null} */
    this.entries = null;
  }

  async open() {
    this.entries = (await this.app.api.do("discovery.list")).entries;
  }

  view() {
    return html`${heading(t("discovery"), html`<button class="primary" type="button" @click=${() => this.add()}>${icon("plus")}${t("addEntry")}</button>`)}
      <p class="about">${t("discoveryText")}</p>
      ${table(t("discovery"), this.columns(), this.entries, (entry) => this.actions(entry))}`;
  }

  /** @returns {import("../views/tables.js").Column<Entry>[]} */
  columns() {
    return [
      { label: "title", cell: (entry) => html`<strong>${entry.name}</strong>`, kind: "first" },
      { label: "address", cell: (entry) => entry.url },
      { label: "priority", cell: (entry) => number(entry.priority), kind: "number" },
    ];
  }

  /** @param {Entry} entry */
  actions(entry) {
    return html`<button class="link" type="button" aria-label="${t("edit")}: ${entry.name}" @click=${() => this.edit(entry)}>${t("edit")}</button>
      <button class="link danger" type="button" aria-label="${t("remove")}: ${entry.name}" @click=${() => this.remove(entry)}>${t("remove")}</button>`;
  }

  /** @param {Entry} [entry] @returns {import("../views/forms.js").Field[]} */
  fields(entry) {
    return [
      { name: "name", label: "title", value: entry?.name, required: true, maxlength: 64 },
      { name: "url", label: "address", kind: "url", value: entry?.url ?? "https://", required: true, maxlength: 64 },
      { name: "priority", label: "priority", kind: "number", value: entry?.priority ?? 0, hint: "priorityHint" },
    ];
  }

  add() {
    formDialog(this.app, t("addEntry"), { fields: this.fields(), action: "add", submit: (values) => this.send("discovery.add", values) });
  }

  /** @param {Entry} entry */
  edit(entry) {
    formDialog(this.app, entry.name, {
      fields: this.fields(entry),
      action: "save",
      submit: (change) => this.send("discovery.edit", { id: entry.id, change }),
    });
  }

  /** @param {Entry} entry */
  remove({ id, name }) {
    question(this.app, { title: t("remove"), text: t("removeText", { name }), action: "remove", run: () => this.send("discovery.remove", { id }) });
  }

  /** @param {string} operation @param {object} values */
  async send(operation, values) {
    await this.app.api.do(operation, values);
    await this.app.reload();
  }
}
