// Picks users: found by what one types, chosen one by one.
import { explain } from "../i18n/explain.js";
import { t } from "../i18n/index.js";
import { repeat } from "../../client/vendor/lit-html/directives/repeat.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";
import { searchField } from "./tables.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {{ id: number, name: string, nick: string }} Person
 */

const FOUND = 20;

export class PeoplePicker {
  /** @param {App} app @param {Iterable<number>} [without] who cannot be picked */
  constructor(app, without = []) {
    this.app = app;
    this.without = new Set(without);
    /** @type {Map<number, Person>} */
    this.picked = new Map();
    /** @type {Person[]} */
    this.found = [];
    this.fault = "";
    this.searches = 0;
  }

  get ids() {
    return [...this.picked.keys()];
  }

  /** @param {string} text */
  async search(text) {
    const search = ++this.searches;
    try {
      const { users } = await this.app.api.do("user.find", { text, active: true, limit: FOUND });
      if (search === this.searches) this.found = users.filter((/** @type {Person} */ user) => !this.without.has(user.id));
      this.fault = "";
    } catch (error) {
      this.fault = explain(error);
    }
    this.app.redraw();
  }

  /** @param {Person} person */
  toggle(person) {
    if (!this.picked.delete(person.id)) this.picked.set(person.id, person);
    this.app.redraw();
  }

  view() {
    const others = this.found.filter(({ id }) => !this.picked.has(id));
    return html`<div class="people">
      ${searchField(t("searchUsers"), "", (text) => void this.search(text))}
      ${this.fault ? html`<p class="error" role="alert">${this.fault}</p>` : nothing}
      <ul aria-label=${t("users")}>${repeat([...this.picked.values(), ...others], ({ id }) => id, (person) => this.row(person))}</ul>
      <p role="status">${t("pickedCount", { count: this.picked.size })}</p>
    </div>`;
  }

  /** @param {Person} person */
  row(person) {
    return html`<li><label class="check">
      <input type="checkbox" .checked=${this.picked.has(person.id)} @change=${() => this.toggle(person)} />
      <span>${person.nick || person.name}</span><small>${person.name}</small>
    </label></li>`;
  }
}
