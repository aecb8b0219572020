// Shows what is told once and never again: a token, a secret.
import { t } from "../i18n/index.js";
import { html } from "../../client/vendor/lit-html/lit-html.js";

/** @param {import("../app/app.js").App} app @param {string} title @param {string} secret */
export function showSecret(app, title, secret) {
  const copy = async () => {
    await navigator.clipboard?.writeText(secret).then(() => app.toast(t("copied")), () => {});
  };
  const select = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select();
  app.show({
    title,
    view: () => html`<div class="fields">
      <p>${t("shownOnce")}</p>
      <input class="secret" readonly aria-label=${title} .value=${secret} @focus=${select} />
      <footer><button class="primary" type="button" @click=${copy}>${t("copy")}</button></footer>
    </div>`,
  });
}
