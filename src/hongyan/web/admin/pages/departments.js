// Departments as a tree: added, renamed, moved, removed.
import { asTree } from "../app/departments.js";
import { t } from "../i18n/index.js";
import { repeat } from "../../client/vendor/lit-html/directives/repeat.js";
import { html } from "../../client/vendor/lit-html/lit-html.js";
import { icon } from "../../client/views/icons.js";
import { formDialog, question } from "../views/forms.js";
import { heading } from "../views/tables.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {import("../app/departments.js").Department} Department
 * @typedef {import("../app/departments.js").Branch} Branch
 */

export class DepartmentsPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Department[] | null} */
    this.departments = null;
    /** @type {Set<number>} those whose children are not shown */
    this.folded = new Set();
  }

  async open() {
    this.departments = (await this.app.api.do("department.list")).departments;
  }

  view() {
    return html`${heading(
      t("departments"),
      html`<button class="primary" type="button" @click=${() => this.add(0)}>${icon("plus")}${t("addDepartment")}</button>`,
    )}
    ${this.tree()}`;
  }

  tree() {
    if (!this.departments) return html`<p class="empty" role="status">${t("loading")}</p>`;
    if (!this.departments.length) return html`<p class="empty">${t("nothingHere")}</p>`;
    return html`<ul class="tree panel">${repeat(this.shown(), ({ department }) => department.id, (branch) => this.branch(branch))}</ul>`;
  }

  /** Branches that are not below a folded one. */
  shown() {
    let hiddenBelow = Infinity;
    return asTree(this.departments ?? []).filter(({ department, depth }) => {
      if (depth > hiddenBelow) return false;
      hiddenBelow = this.folded.has(department.id) ? depth : Infinity;
      return true;
    });
  }

  /** @param {Branch} branch */
  branch({ department, depth, children }) {
    const { id, name } = department;
    return html`<li class="depth-${Math.min(depth, 8)}">
      ${children ? this.foldButton(department) : html`<span class="leaf" aria-hidden="true"></span>`}
      <span class="branch-name">${name}</span>
      <span class="actions">
        <button class="link" type="button" aria-label="${t("addBelow")}: ${name}" @click=${() => this.add(id)}>${t("addBelow")}</button>
        <button class="link" type="button" aria-label="${t("edit")}: ${name}" @click=${() => this.edit(department)}>${t("edit")}</button>
        <button class="link danger" type="button" aria-label="${t("remove")}: ${name}" @click=${() => this.remove(department)}>${t("remove")}</button>
      </span>
    </li>`;
  }

  /** @param {Department} department */
  foldButton({ id, name }) {
    const isFolded = this.folded.has(id);
    const toggle = () => {
      if (!this.folded.delete(id)) this.folded.add(id);
      this.app.redraw();
    };
    return html`<button class="round fold" type="button" aria-expanded=${!isFolded} aria-label=${name} @click=${toggle}>${icon(isFolded ? "right" : "down")}</button>`;
  }

  /** @param {Department} [department] @param {number} [parent] */
  fields(department, parent = department?.parent_id ?? 0) {
    const own = department?.id;
    const places = asTree(this.departments ?? []).filter(({ department: { id } }) => id !== own);
    return /** @type {import("../views/forms.js").Field[]} */ ([
      { name: "name", label: "departmentName", value: department?.name, required: true, maxlength: 64 },
      {
        name: "parent_id",
        label: "parent",
        kind: "select",
        value: parent,
        options: [[0, t("topLevel")], ...places.map(({ department: { id, name }, depth }) => [id, `${"　".repeat(depth)}${name}`])],
      },
      { name: "priority", label: "priority", kind: "number", value: department?.priority ?? 0, hint: "priorityHint" },
    ]);
  }

  /** @param {number} parent */
  add(parent) {
    formDialog(this.app, t("addDepartment"), {
      fields: this.fields(undefined, parent),
      action: "add",
      submit: async (values) => {
        await this.app.api.do("department.add", values);
        await this.app.reload();
      },
    });
  }

  /** @param {Department} department */
  edit(department) {
    formDialog(this.app, department.name, {
      fields: this.fields(department),
      action: "save",
      submit: async (change) => {
        await this.app.api.do("department.edit", { id: department.id, change });
        await this.app.reload();
      },
    });
  }

  /** @param {Department} department */
  remove({ id, name }) {
    question(this.app, {
      title: t("remove"),
      text: t("removeText", { name }),
      action: "remove",
      run: async () => {
        await this.app.api.do("department.remove", { id });
        await this.app.reload();
      },
    });
  }
}
