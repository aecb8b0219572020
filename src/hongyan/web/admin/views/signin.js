// The page before one is signed in.
import { t } from "../i18n/index.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";

/** @param {import("../app/app.js").App} app */
export function signIn(app) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    void app.signIn(String(form.get("name")).trim(), String(form.get("password")));
  };
  const other = app.settings.language === "zh" ? "en" : "zh";
  return html`<main class="signin">
    <form @submit=${submit} aria-label=${t("signIn")}>
      <div class="goose" aria-hidden="true"></div>
      <h1>${t("appName")}</h1>
      <p class="slogan">${t("slogan")}</p>
      ${app.notice ? html`<p class="error" role="alert">${app.notice}</p>` : nothing}
      <label>${t("name")}<input name="name" required autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" autofocus /></label>
      <label>${t("password")}<input name="password" required type="password" autocomplete="current-password" maxlength="256" /></label>
      <button class="primary" type="submit" ?disabled=${app.isBusy}>${t(app.isBusy ? "signingIn" : "signIn")}</button>
      <p class="hint">${t("adminHint")} <code>hongyan admin add</code></p>
      <button class="link" type="button" lang=${other === "zh" ? "zh-CN" : "en"} @click=${() => app.change({ language: other })}>${other === "zh" ? "简体中文" : "English"}</button>
    </form>
  </main>`;
}
