// Who is online, with what, and at which msg_server; and signing them out.
import { Listing } from "../app/listing.js";
import { number, t } from "../i18n/index.js";
import { html } from "../../client/vendor/lit-html/lit-html.js";
import { question } from "../views/forms.js";
import { chip, heading, more, searchField, table } from "../views/tables.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {{ id: number, name: string, nick: string, client_types: number[], devices: string[], servers: string[] }} OnlineUser
 */

const EVERY_MS = 10_000;
/** By client type, of clients that do not say more. @type {Record<number, string>} */
const CLIENTS = { 1: "PC", 2: "Mac", 17: "iOS", 18: "Android" };
const KIND = "kind:";

export class OnlinePage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.text = "";
    /** @type {Listing<OnlineUser>} */
    this.list = new Listing(app, (after) => this.find(after));
    this.timer = setInterval(() => void this.refresh(), EVERY_MS);
  }

  async open() {
    await this.list.load();
  }

  leave() {
    clearInterval(this.timer);
  }

  /** Looks again, unless somebody reads further pages or nobody looks. */
  async refresh() {
    const isFirstPage = (this.list.rows?.length ?? 0) <= 200;
    if (isFirstPage && !this.app.fault && this.app.isWatched()) await this.app.attempt(() => this.list.load());
  }

  /** @param {number} after */
  async find(after) {
    const { users, total, next } = await this.app.api.post("online", { text: this.text, after });
    return { rows: users, total, next };
  }

  /** @param {string} text */
  search(text) {
    this.text = text;
    this.list.search();
  }

  view() {
    return html`${heading(t("online"), html`<p class="count">${t("onlineCount", { count: number(this.list.total) })}</p>`)}
      <div class="filters">${searchField(t("searchUsers"), this.text, (text) => this.search(text))}</div>
      ${table(t("online"), this.columns(), this.list.rows, (user) => this.actions(user))}
      ${more(this.list)}`;
  }

  /** @returns {import("../views/tables.js").Column<OnlineUser>[]} */
  columns() {
    return [
      { label: "name", cell: (user) => html`<strong>${user.name || user.id}</strong>`, kind: "first" },
      { label: "nick", cell: (user) => user.nick },
      { label: "devices", cell: (user) => this.devices(user) },
      { label: "server", cell: (user) => [...new Set(user.servers)].join(", ") },
    ];
  }

  /** What somebody is online with; each can be signed out by itself. @param {OnlineUser} user */
  devices(user) {
    return html`<span class="chips">${user.devices.map((device, at) => {
      const name = deviceName(device, user.client_types[at]);
      const label = `${t("kick")}: ${user.name}, ${name}`;
      return html`${chip(name)}<button class="link danger" type="button" aria-label=${label} title=${label}
        @click=${() => this.kickDevice(user, device, name)}>×</button>`;
    })}</span>`;
  }

  /** @param {OnlineUser} user @param {string} device @param {string} deviceName */
  kickDevice({ id, name }, device, deviceName) {
    question(this.app, {
      title: t("kick"),
      text: t("kickDeviceText", { name, device: deviceName }),
      action: "kick",
      run: async () => {
        await this.app.api.post("kick", { id, device });
        this.app.toast(t("kickedDevice", { name, device: deviceName }));
        this.list.rows = (this.list.rows ?? []).map((user) => (user.id === id ? without(user, device) : user)).filter((user) => user.devices.length);
      },
    });
  }

  /** @param {OnlineUser} user */
  actions(user) {
    return html`<button class="link danger" type="button" aria-label="${t("kick")}: ${user.name}" @click=${() => this.kick(user)}>${t("kick")}</button>`;
  }

  /** @param {OnlineUser} user */
  kick({ id, name }) {
    question(this.app, {
      title: t("kick"),
      text: t("kickText", { name }),
      action: "kick",
      run: async () => {
        await this.app.api.post("kick", { id });
        this.list.rows = (this.list.rows ?? []).filter((user) => user.id !== id);
        this.app.toast(t("kicked", { name }));
      },
    });
  }
}

/** @param {string} device @param {number} [clientType] */
function deviceName(device, clientType = 0) {
  if (device.startsWith(`${KIND}web`)) return "Web"; // each tab has a kind of its own
  return device.startsWith(KIND) ? device.slice(KIND.length) : (CLIENTS[clientType] ?? String(clientType));
}

/** @param {OnlineUser} user @param {string} device @returns {OnlineUser} */
function without(user, device) {
  const isOther = (/** @type {unknown} */ _, /** @type {number} */ at) => user.devices[at] !== device;
  return {
    ...user,
    client_types: user.client_types.filter(isOther),
    servers: user.servers.filter(isOther),
    devices: user.devices.filter(isOther),
  };
}
