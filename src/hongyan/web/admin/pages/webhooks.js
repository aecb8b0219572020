// Webhooks: made, changed, switched off, removed; what could not be delivered.
import { dateTime, number, t } from "../i18n/index.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";
import { icon } from "../../client/views/icons.js";
import { formDialog, question } from "../views/forms.js";
import { showSecret } from "../views/secret.js";
import { chip, heading, table } from "../views/tables.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {object} Webhook
 * @property {number} id
 * @property {string} name
 * @property {string} url
 * @property {string[]} events
 * @property {boolean} active
 * @property {number} queued
 * @property {number} dead
 * @typedef {{ id: number, event: string, attempts: number, created: number, error: string }} Delivery
 */

export class WebhooksPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Webhook[] | null} */
    this.webhooks = null;
    /** What a webhook can be told of. @type {string[]} */
    this.events = [];
  }

  async open() {
    ({ webhooks: this.webhooks, events: this.events } = await this.app.api.do("webhook.list"));
  }

  view() {
    return html`${heading(t("webhooks"), html`<button class="primary" type="button" @click=${() => this.add()}>${icon("plus")}${t("addWebhook")}</button>`)}
      <p class="about">${t("webhooksText")}</p>
      ${table(t("webhooks"), this.columns(), this.webhooks, (webhook) => this.actions(webhook), (webhook) => (webhook.active ? "" : "off"))}`;
  }

  /** @returns {import("../views/tables.js").Column<Webhook>[]} */
  columns() {
    return [
      { label: "title", cell: (webhook) => html`<strong>${webhook.name}</strong>`, kind: "first" },
      { label: "address", cell: (webhook) => webhook.url },
      { label: "events", cell: (webhook) => html`<span class="chips">${webhook.events.map((event) => chip(event))}</span>` },
      { label: "queued", cell: (webhook) => number(webhook.queued), kind: "number" },
      { label: "dead", cell: (webhook) => this.dead(webhook), kind: "number" },
      { label: "state", cell: (webhook) => (webhook.active ? chip(t("inUse"), "good") : chip(t("disabled"), "bad")) },
    ];
  }

  /** @param {Webhook} webhook */
  dead(webhook) {
    if (!webhook.dead) return "0";
    return html`<button class="link danger" type="button" aria-label="${t("dead")}: ${webhook.name}" @click=${() => this.showDead(webhook)}>${number(webhook.dead)}</button>`;
  }

  /** @param {Webhook} webhook */
  actions(webhook) {
    const { id, name, active } = webhook;
    const toggle = () => this.app.attempt(() => this.send("webhook.edit", { id, change: { active: !active } }));
    return html`<button class="link" type="button" aria-label="${t("edit")}: ${name}" @click=${() => this.edit(webhook)}>${t("edit")}</button>
      <button class="link" type="button" aria-label="${t(active ? "disable" : "enable")}: ${name}" @click=${toggle}>${t(active ? "disable" : "enable")}</button>
      <button class="link danger" type="button" aria-label="${t("remove")}: ${name}" @click=${() => this.remove(webhook)}>${t("remove")}</button>`;
  }

  /** @param {Webhook} [webhook] @returns {import("../views/forms.js").Field[]} */
  fields(webhook) {
    return [
      { name: "name", label: "title", value: webhook?.name, required: true, maxlength: 64 },
      { name: "url", label: "address", kind: "url", value: webhook?.url ?? "https://", required: true, maxlength: 512 },
      { name: "events", label: "events", kind: "checks", required: true, value: webhook?.events ?? ["message"], options: this.events.map((event) => [event, event]) },
    ];
  }

  add() {
    formDialog(this.app, t("addWebhook"), {
      fields: this.fields(),
      action: "add",
      submit: async (values) => {
        const { webhook, secret } = await this.app.api.do("webhook.add", values);
        await this.app.reload();
        showSecret(this.app, `${t("secret")}: ${webhook.name}`, secret);
      },
    });
  }

  /** @param {Webhook} webhook */
  edit(webhook) {
    formDialog(this.app, webhook.name, {
      fields: this.fields(webhook),
      action: "save",
      submit: (change) => this.send("webhook.edit", { id: webhook.id, change }),
    });
  }

  /** @param {Webhook} webhook */
  remove({ id, name }) {
    question(this.app, { title: t("remove"), text: t("removeText", { name }), action: "remove", run: () => this.send("webhook.remove", { id }) });
  }

  /** @param {string} operation @param {object} values */
  async send(operation, values) {
    await this.app.api.do(operation, values);
    await this.app.reload();
  }

  /** @param {Webhook} webhook */
  async showDead({ id, name }) {
    const found = await this.app.attempt(() => this.app.api.do("webhook.deliveries", { id }));
    if (!found) return;
    const resend = async () => {
      await this.app.attempt(() => this.send("webhook.resend", { id }));
      this.app.show(null);
    };
    this.app.show({
      title: `${t("dead")}: ${name}`,
      isWide: true,
      view: () => html`<div class="fields">${table(t("dead"), deadColumns(), found.deliveries)}
        <footer>${found.deliveries.length ? html`<button class="primary" type="button" @click=${resend}>${t("resend")}</button>` : nothing}</footer></div>`,
    });
  }
}

/** @returns {import("../views/tables.js").Column<Delivery>[]} */
function deadColumns() {
  return [
    { label: "time", cell: (delivery) => dateTime(delivery.created) },
    { label: "event", cell: (delivery) => chip(delivery.event) },
    { label: "attempts", cell: (delivery) => number(delivery.attempts), kind: "number" },
    { label: "fault", cell: (delivery) => delivery.error },
  ];
}
