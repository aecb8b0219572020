// Groups: found, made, renamed, removed; their members in a dialog.
import { Listing } from "../app/listing.js";
import { dateTime, number, t } from "../i18n/index.js";
import { html } from "../../client/vendor/lit-html/lit-html.js";
import { icon } from "../../client/views/icons.js";
import { formDialog, question } from "../views/forms.js";
import { PeoplePicker } from "../views/people.js";
import { chip, heading, more, searchField, table } from "../views/tables.js";
import { membersDialog } from "./members.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {{ id: number, name: string, type: "normal" | "temporary", member_count: number, created: number }} Group
 */

const PAGE = 100;

export class GroupsPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.text = "";
    /** @type {Listing<Group>} */
    this.list = new Listing(app, (after) => this.find(after));
  }

  async open() {
    await this.list.load();
  }

  /** @param {number} after */
  async find(after) {
    const { groups, total, next } = await this.app.api.do("group.find", { text: this.text, after, limit: PAGE });
    return { rows: groups, total, next };
  }

  /** @param {string} text */
  search(text) {
    this.text = text;
    this.list.search();
  }

  view() {
    return html`${heading(t("groups"), html`<button class="primary" type="button" @click=${() => this.add()}>${icon("plus")}${t("addGroup")}</button>`)}
      <div class="filters">${searchField(t("searchGroups"), this.text, (text) => this.search(text))}</div>
      ${table(t("groups"), this.columns(), this.list.rows, (group) => this.actions(group))}
      ${more(this.list)}`;
  }

  /** @returns {import("../views/tables.js").Column<Group>[]} */
  columns() {
    return [
      { label: "groupName", cell: (group) => html`<strong>${group.name}</strong>`, kind: "first" },
      { label: "kind", cell: (group) => chip(t(group.type === "normal" ? "normalGroup" : "temporaryGroup")) },
      { label: "members", cell: (group) => number(group.member_count), kind: "number" },
      { label: "made", cell: (group) => dateTime(group.created) },
    ];
  }

  /** @param {Group} group */
  actions(group) {
    const { name } = group;
    return html`<button class="link" type="button" aria-label="${t("members")}: ${name}" @click=${() => membersDialog(this.app, group.id)}>${t("members")}</button>
      <button class="link" type="button" aria-label="${t("rename")}: ${name}" @click=${() => this.rename(group)}>${t("rename")}</button>
      <button class="link danger" type="button" aria-label="${t("remove")}: ${name}" @click=${() => this.remove(group)}>${t("remove")}</button>`;
  }

  add() {
    const picker = new PeoplePicker(this.app);
    formDialog(this.app, t("addGroup"), {
      fields: [
        { name: "name", label: "groupName", required: true, maxlength: 64 },
        { name: "type", label: "kind", kind: "select", value: "normal", options: [["normal", t("normalGroup")], ["temporary", t("temporaryGroup")]], hint: "groupKindHint" },
      ],
      action: "add",
      extra: () => picker.view(),
      submit: async (values) => {
        await this.app.api.do("group.add", { ...values, member_ids: picker.ids });
        await this.app.reload();
      },
    });
    void picker.search("");
  }

  /** @param {Group} group */
  rename({ id, name }) {
    formDialog(this.app, t("rename"), {
      fields: [{ name: "name", label: "groupName", value: name, required: true, maxlength: 64 }],
      action: "save",
      submit: async (change) => {
        await this.app.api.do("group.edit", { id, change });
        await this.app.reload();
      },
    });
  }

  /** @param {Group} group */
  remove({ id, name }) {
    question(this.app, {
      title: t("remove"),
      text: t("removeGroupText", { name }),
      action: "remove",
      run: async () => {
        await this.app.api.do("group.remove", { id });
        await this.app.reload();
      },
    });
  }
}
