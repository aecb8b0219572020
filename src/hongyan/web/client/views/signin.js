// The page before one is signed in.
import { t } from "../i18n/index.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../state/model.js").State} State */
/** @typedef {import("../app/session.js").Session} Session */

/** @param {State} state @param {Session} session */
export function signIn(state, session) {
  const isBusy = state.phase === "signing-in";
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const name = String(form.get("name")).trim();
    const password = String(form.get("password"));
    if (!name || !password) session.store.dispatch({ type: "set", values: { notice: t("fillIn") } });
    else session.signIn(name, password);
  };
  return html`<main class="signin">
    <form @submit=${submit} aria-label=${t("signIn")}>
      <div class="goose" aria-hidden="true"></div>
      <h1>${t("appName")}</h1>
      <p class="slogan">${t("slogan")}</p>
      ${state.notice ? html`<p class="error" role="alert">${state.notice}</p>` : nothing}
      ${isBusy && state.retryAt > Date.now() ? html`<p class="error" role="alert">${t("connecting")}</p>` : nothing}
      <label>${t("name")}<input name="name" .value=${state.triedName} autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" ?autofocus=${!state.triedName} /></label>
      <label>${t("password")}<input name="password" type="password" autocomplete="current-password" maxlength="256" ?autofocus=${Boolean(state.triedName)} /></label>
      <button class="primary" type="submit" ?disabled=${isBusy}>${t(isBusy ? "signingIn" : "signIn")}</button>
      ${languageSwitch(state, session)}
    </form>
  </main>`;
}

/** @param {State} state @param {Session} session */
function languageSwitch(state, session) {
  const other = state.settings.language === "zh" ? "en" : "zh";
  return html`<button class="link" type="button" lang=${other === "zh" ? "zh-CN" : "en"}
    @click=${() => session.store.dispatch({ type: "settings", values: { language: other } })}>
    ${other === "zh" ? "简体中文" : "English"}
  </button>`;
}
