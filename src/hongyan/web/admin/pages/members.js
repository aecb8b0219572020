// The members of a group: shown, removed, added.
import { number, t } from "../i18n/index.js";
import { repeat } from "../../client/vendor/lit-html/directives/repeat.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";
import { icon } from "../../client/views/icons.js";
import { form } from "../views/forms.js";
import { PeoplePicker } from "../views/people.js";

/** @typedef {import("../app/app.js").App} App */

const NAMES_AT_ONCE = 1000;
const SHOWN = 200;

/** @param {App} app @param {number} id of the group */
export async function membersDialog(app, id) {
  const members = new Members(app, id);
  await app.attempt(async () => {
    await members.load();
    app.show({ title: members.name, view: () => members.view() });
  });
}

class Members {
  /** @param {App} app @param {number} id */
  constructor(app, id) {
    this.app = app;
    this.id = id;
    this.name = "";
    /** @type {number[]} */
    this.ids = [];
    this.creator = 0;
    /** @type {Record<string, [string, string]>} name and nick by id */
    this.names = {};
    /** @type {(() => unknown) | null} the form that adds somebody, while it is open */
    this.adding = null;
    this.shown = SHOWN;
  }

  async load() {
    const group = await this.app.api.do("group.get", { id: this.id });
    this.name = group.name;
    this.creator = group.creator_id;
    this.ids = group.member_ids;
    for (let at = 0; at < this.ids.length; at += NAMES_AT_ONCE) {
      const { names } = await this.app.api.do("user.names", { ids: this.ids.slice(at, at + NAMES_AT_ONCE) });
      Object.assign(this.names, names);
    }
  }

  /** @param {string} operation @param {number[]} userIds */
  async change(operation, userIds) {
    await this.app.api.do(operation, { id: this.id, user_ids: userIds });
    await this.load();
    await this.app.reload();
  }

  view() {
    return html`<div class="members">
      <p class="group-head"><span>${t("memberCount", { count: number(this.ids.length) })}</span>
        <button class="secondary" type="button" @click=${() => this.add()}>${icon("plus")}${t("addMembers")}</button></p>
      ${this.adding?.() ?? nothing}
      <ul>${repeat(this.ids.slice(0, this.shown), (id) => id, (id) => this.row(id))}</ul>
      ${this.ids.length > this.shown ? html`<button class="secondary" type="button" @click=${() => this.showMore()}>${t("loadMore")}</button>` : nothing}
    </div>`;
  }

  showMore() {
    this.shown += SHOWN;
    this.app.redraw();
  }

  /** @param {number} id */
  row(id) {
    const [name, nick] = this.names[id] ?? [String(id), ""];
    const remove = () => this.app.attempt(() => this.change("group.remove_members", [id]));
    return html`<li><span>${nick || name}</span><small>${name}</small>
      <button class="link danger" type="button" aria-label="${t("remove")}: ${name}" @click=${remove}>${t("remove")}</button></li>`;
  }

  add() {
    const picker = new PeoplePicker(this.app, this.ids);
    this.adding = form(this.app, {
      fields: [],
      action: "add",
      extra: () => picker.view(),
      submit: async () => {
        if (picker.ids.length) await this.change("group.add_members", picker.ids);
        this.adding = null;
      },
    });
    void picker.search("");
  }
}
