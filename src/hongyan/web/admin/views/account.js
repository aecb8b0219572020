// The dialog of whoever is signed in: language, colours, the own password.
import { t } from "../i18n/index.js";
import { html } from "../../client/vendor/lit-html/lit-html.js";
import { form } from "./forms.js";

/** @typedef {import("../app/app.js").App} App */

/** @param {App} app @returns {import("../app/app.js").Dialog} */
export function account(app) {
  const change = form(app, {
    fields: [
      { name: "old", label: "oldPassword", kind: "password", required: true, maxlength: 256, autocomplete: "current-password" },
      { name: "new", label: "newPassword", kind: "password", required: true, minlength: 10, maxlength: 256, hint: "tenCharacters", autocomplete: "new-password" },
    ],
    action: "changePassword",
    submit: async (values) => {
      await app.api.post("password", values);
      app.signedOut(t("signInAgain"));
    },
  });
  return { title: app.name, view: () => html`${settings(app)}<h3>${t("changePassword")}</h3>${change()}` };
}

/** @param {App} app */
function settings(app) {
  const { language, theme } = app.settings;
  const value = (/** @type {Event} */ event) => /** @type {any} */ (/** @type {HTMLSelectElement} */ (event.target).value);
  return html`<div class="settings">
    <label>${t("language")}
      <select @change=${(/** @type {Event} */ event) => app.change({ language: value(event) })}>
        <option value="en" ?selected=${language === "en"}>English</option>
        <option value="zh" ?selected=${language === "zh"}>简体中文</option>
      </select></label>
    <label>${t("theme")}
      <select @change=${(/** @type {Event} */ event) => app.change({ theme: value(event) })}>
        <option value="auto" ?selected=${theme === "auto"}>${t("themeAuto")}</option>
        <option value="light" ?selected=${theme === "light"}>${t("themeLight")}</option>
        <option value="dark" ?selected=${theme === "dark"}>${t("themeDark")}</option>
      </select></label>
  </div>`;
}
