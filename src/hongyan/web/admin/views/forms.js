// Forms and questions in dialogs: what they look like, what happens while they wait, what went wrong.
import { explain } from "../i18n/explain.js";
import { t } from "../i18n/index.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {import("../i18n/index.js").Word} Word
 * @typedef {Record<string, any>} Values
 * @typedef {object} Field
 * @property {string} name
 * @property {Word} label
 * @property {"text" | "password" | "email" | "tel" | "url" | "number" | "select" | "check" | "checks" | "area"} [kind]
 * @property {any} [value]
 * @property {[string | number, string][]} [options] of a select, or of several checks
 * @property {boolean} [required]
 * @property {number} [maxlength]
 * @property {number} [minlength]
 * @property {Word} [hint]
 * @property {string} [autocomplete]
 */

/**
 * Makes the view of a form.
 * @param {App} app
 * @param {{ fields: Field[], action: Word, submit: (values: Values) => Promise<void>, extra?: () => unknown }} about
 */
export function form(app, { fields, action, submit, extra }) {
  const state = { isBusy: false, fault: "" };
  const send = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (state.isBusy) return;
    const values = valuesOf(fields, /** @type {HTMLFormElement} */ (event.target));
    const isLacking = fields.some(({ name, kind, required }) => kind === "checks" && required && !values[name].length);
    Object.assign(state, { isBusy: !isLacking, fault: isLacking ? t("chooseOne") : "" });
    app.redraw();
    if (isLacking) return;
    try {
      await submit(values);
    } catch (error) {
      state.fault = explain(error);
    }
    state.isBusy = false;
    app.redraw();
  };
  return () => html`<form class="fields" @submit=${send}>
    ${fields.map(fieldView)} ${extra?.() ?? nothing}
    ${state.fault ? html`<p class="error" role="alert">${state.fault}</p>` : nothing}
    <footer><button class="primary" type="submit" ?disabled=${state.isBusy}>${t(action)}</button></footer>
  </form>`;
}

/**
 * Opens a dialog with a form, and closes it when that was done.
 * @param {App} app @param {string} title
 * @param {Parameters<typeof form>[1]} about
 */
export function formDialog(app, title, about) {
  const submit = async (/** @type {Values} */ values) => {
    const own = app.dialog;
    await about.submit(values);
    if (app.dialog === own) app.show(null);
  };
  app.show({ title, view: form(app, { ...about, submit }) });
}

/**
 * Asks before something is done that cannot be taken back.
 * @param {App} app
 * @param {{ title: string, text: string, action: Word, run: () => Promise<void> }} about
 */
export function question(app, { title, text, action, run }) {
  formDialog(app, title, { fields: [], action, submit: run, extra: () => html`<p>${text}</p>` });
}

/** @param {Field} field */
function fieldView(field) {
  if (field.kind === "check") {
    return html`<label class="check"><input type="checkbox" name=${field.name} .checked=${Boolean(field.value)} />${t(field.label)}</label>`;
  }
  if (field.kind === "checks") return checks(field);
  return html`<label>${t(field.label)}${control(field)}${field.hint ? html`<small>${t(field.hint)}</small>` : nothing}</label>`;
}

/** @param {Field} field */
function checks(field) {
  const chosen = new Set(field.value ?? []);
  return html`<fieldset class="checks">
    <legend>${t(field.label)}</legend>
    ${(field.options ?? []).map(
      ([value, text]) => html`<label class="check"><input type="checkbox" name=${field.name} value=${value} .checked=${chosen.has(value)} />${text}</label>`,
    )}
  </fieldset>`;
}

/** @param {Field} field */
function control(field) {
  const { name, kind = "text", value = "", required = false, maxlength, minlength, autocomplete = "off" } = field;
  if (kind === "select") {
    return html`<select name=${name}>
      ${(field.options ?? []).map(([id, text]) => html`<option value=${id} ?selected=${id === value}>${text}</option>`)}
    </select>`;
  }
  if (kind === "area") return html`<textarea name=${name} rows="4" maxlength=${maxlength ?? nothing} .value=${value} ?required=${required}></textarea>`;
  return html`<input name=${name} type=${kind} .value=${String(value)} ?required=${required} maxlength=${maxlength ?? nothing}
    minlength=${minlength ?? nothing} min=${kind === "number" ? 0 : nothing} autocomplete=${autocomplete} spellcheck="false" />`;
}

/** @param {Field[]} fields @param {HTMLFormElement} element @returns {Values} */
function valuesOf(fields, element) {
  const data = new FormData(element);
  return Object.fromEntries(fields.map((field) => [field.name, valueOf(field, data)]));
}

/** @param {Field} field @param {FormData} data */
function valueOf({ name, kind, options }, data) {
  if (kind === "check") return data.has(name);
  if (kind === "checks") return data.getAll(name).map(String);
  if (kind === "number") return Number(data.get(name));
  const value = String(data.get(name) ?? "");
  if (kind === "select") return options?.find(([id]) => String(id) === value)?.[0] ?? value;
  return kind === "password" ? value : value.trim();
}
