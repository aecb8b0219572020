// Users: found, added, changed, disabled, imported, exported.
import { Listing } from "../app/listing.js";
import { t } from "../i18n/index.js";
import { html } from "../../client/vendor/lit-html/lit-html.js";
import { icon } from "../../client/views/icons.js";
import { question } from "../views/forms.js";
import { chip, heading, more, searchField, table } from "../views/tables.js";
import { importDialog } from "./import.js";
import { addUser, editUser, resetPassword } from "./user.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {object} User
 * @property {number} id
 * @property {string} name
 * @property {string} nick
 * @property {string} phone
 * @property {string} email
 * @property {string} sex
 * @property {string} signature
 * @property {number} department_id
 * @property {boolean} active
 * @property {number} created
 */

const PAGE = 100;

export class UsersPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.text = "";
    this.department = "";
    this.active = "";
    /** @type {Listing<User>} */
    this.list = new Listing(app, (after) => this.find(after));
  }

  async open() {
    await Promise.all([this.app.learnDepartments(), this.list.load()]);
  }

  /** @param {number} after */
  async find(after) {
    const { users, total, next } = await this.app.api.do("user.find", { ...this.query(), after, limit: PAGE });
    return { rows: users, total, next };
  }

  query() {
    return {
      text: this.text,
      ...(this.department && { department_id: Number(this.department) }),
      ...(this.active && { active: this.active === "true" }),
    };
  }

  /** @param {Partial<Pick<UsersPage, "text" | "department" | "active">>} values */
  search(values) {
    Object.assign(this, values);
    this.list.search();
  }

  exportAddress() {
    const values = { text: this.text, department_id: this.department, active: this.active };
    return `/admin/api/users.csv?${new URLSearchParams(values)}`;
  }

  view() {
    const { app } = this;
    return html`${heading(
      t("users"),
      html`<button class="secondary" type="button" @click=${() => importDialog(app)}>${t("import")}</button>
        <a class="secondary" href=${this.exportAddress()} download="users.csv">${t("export")}</a>
        <button class="primary" type="button" @click=${() => addUser(app)}>${icon("plus")}${t("addUser")}</button>`,
    )}
      <div class="filters">
        ${searchField(t("searchUsers"), this.text, (text) => this.search({ text }))} ${this.departmentFilter()} ${this.activeFilter()}
      </div>
      ${table(t("users"), this.columns(), this.list.rows, (user) => this.actions(user), (user) => (user.active ? "" : "off"))}
      ${more(this.list)}`;
  }

  departmentFilter() {
    const change = (/** @type {Event} */ event) => this.search({ department: /** @type {HTMLSelectElement} */ (event.target).value });
    return html`<select aria-label=${t("department")} @change=${change}>
      <option value="">${t("allDepartments")}</option>
      <option value="0">${t("noDepartment")}</option>
      ${[...this.app.departments].map(([id, name]) => html`<option value=${id}>${name}</option>`)}
    </select>`;
  }

  activeFilter() {
    const change = (/** @type {Event} */ event) => this.search({ active: /** @type {HTMLSelectElement} */ (event.target).value });
    return html`<select aria-label=${t("state")} @change=${change}>
      <option value="">${t("activeAndDisabled")}</option>
      <option value="true">${t("active")}</option>
      <option value="false">${t("disabled")}</option>
    </select>`;
  }

  /** @returns {import("../views/tables.js").Column<User>[]} */
  columns() {
    return [
      { label: "name", cell: (user) => html`<strong>${user.name}</strong>`, kind: "first" },
      { label: "nick", cell: (user) => user.nick },
      { label: "department", cell: (user) => (this.app.departments.get(user.department_id) ?? "").trim() },
      { label: "phone", cell: (user) => user.phone, kind: "short" },
      { label: "email", cell: (user) => user.email },
      { label: "state", cell: (user) => (user.active ? chip(t("active"), "good") : chip(t("disabled"), "bad")) },
    ];
  }

  /** @param {User} user */
  actions(user) {
    const { app } = this;
    return html`<button class="link" type="button" aria-label="${t("edit")}: ${user.name}" @click=${() => editUser(app, user)}>${t("edit")}</button>
      <button class="link" type="button" aria-label="${t("resetPassword")}: ${user.name}" @click=${() => resetPassword(app, user)}>${t("password")}</button>
      ${user.active
        ? html`<button class="link danger" type="button" aria-label="${t("disable")}: ${user.name}" @click=${() => this.disable(user)}>${t("disable")}</button>`
        : html`<button class="link" type="button" aria-label="${t("enable")}: ${user.name}" @click=${() => this.setActive(user, true)}>${t("enable")}</button>`}`;
  }

  /** @param {User} user */
  disable(user) {
    question(this.app, { title: t("disable"), text: t("disableText", { name: user.name }), action: "disable", run: () => this.setActive(user, false) });
  }

  /** @param {User} user @param {boolean} active */
  async setActive(user, active) {
    await this.app.attempt(() => this.app.api.do("user.edit", { id: user.id, change: { active } }));
    await this.app.reload();
  }
}
