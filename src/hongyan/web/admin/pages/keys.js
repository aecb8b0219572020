// API keys and bots: made, shown once, revoked.
import { dateTime, number, t } from "../i18n/index.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";
import { icon } from "../../client/views/icons.js";
import { formDialog, question } from "../views/forms.js";
import { showSecret } from "../views/secret.js";
import { chip, heading, table } from "../views/tables.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {object} Key
 * @property {number} id
 * @property {string} name
 * @property {string} public_id
 * @property {string[]} scopes
 * @property {number} user_id the bot that it belongs to, or 0
 * @property {number} per_minute
 * @property {number} created
 * @property {number} used
 * @property {boolean} revoked
 */

export class KeysPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Key[] | null} */
    this.keys = null;
    /** What a new key can have. @type {string[]} */
    this.scopes = [];
  }

  async open() {
    ({ keys: this.keys, scopes: this.scopes } = await this.app.api.do("key.list"));
  }

  view() {
    return html`${heading(
      t("keys"),
      html`<button class="secondary" type="button" @click=${() => this.addBot()}>${t("addBot")}</button>
        <button class="primary" type="button" @click=${() => this.add()}>${icon("plus")}${t("addKey")}</button>`,
    )}
      <p class="about">${t("keysText")}</p>
      ${table(t("keys"), this.columns(), this.keys, (key) => this.actions(key), (key) => (key.revoked ? "off" : ""))}`;
  }

  /** @returns {import("../views/tables.js").Column<Key>[]} */
  columns() {
    return [
      { label: "keyName", cell: (key) => html`<strong>${key.name}</strong> ${key.user_id ? chip(t("bot")) : nothing}`, kind: "first" },
      { label: "token", cell: (key) => html`<code>hy_${key.public_id}_…</code>` },
      { label: "scopes", cell: (key) => html`<span class="chips">${key.scopes.map((scope) => chip(scope))}</span>` },
      { label: "perMinute", cell: (key) => number(key.per_minute), kind: "number" },
      { label: "used", cell: (key) => dateTime(key.used) || t("never") },
      { label: "state", cell: (key) => (key.revoked ? chip(t("revoked"), "bad") : chip(t("inUse"), "good")) },
    ];
  }

  /** @param {Key} key */
  actions(key) {
    if (key.revoked) return nothing;
    return html`<button class="link danger" type="button" aria-label="${t("revoke")}: ${key.name}" @click=${() => this.revoke(key)}>${t("revoke")}</button>`;
  }

  add() {
    formDialog(this.app, t("addKey"), {
      fields: [
        { name: "name", label: "keyName", required: true, maxlength: 64 },
        { name: "scopes", label: "scopes", kind: "checks", required: true, options: this.scopes.map((scope) => [scope, scope]) },
        { name: "per_minute", label: "perMinute", kind: "number", value: 600 },
      ],
      action: "add",
      submit: (values) => this.make("key.add", values),
    });
  }

  addBot() {
    formDialog(this.app, t("addBot"), {
      fields: [
        { name: "name", label: "name", required: true, maxlength: 32 },
        { name: "nick", label: "nick", maxlength: 32 },
        { name: "per_minute", label: "perMinute", kind: "number", value: 600 },
      ],
      action: "add",
      submit: (values) => this.make("bot.add", values),
    });
  }

  /** @param {string} operation @param {object} values */
  async make(operation, values) {
    const { key, token } = await this.app.api.do(operation, values);
    await this.app.reload();
    showSecret(this.app, `${t("token")}: ${key.name}`, token);
  }

  /** @param {Key} key */
  revoke({ id, name }) {
    question(this.app, {
      title: t("revoke"),
      text: t("revokeText", { name }),
      action: "revoke",
      run: async () => {
        await this.app.api.do("key.revoke", { id });
        await this.app.reload();
      },
    });
  }
}
