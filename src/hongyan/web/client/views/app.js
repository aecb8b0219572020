// The whole page.
import { t } from "../i18n/index.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { conversation } from "./conversation.js";
import { dialog } from "./dialogs.js";
import { rail, sidebar } from "./sidebar.js";
import { signIn } from "./signin.js";

/** @param {import("../state/model.js").State} state @param {import("../app/session.js").Session} session */
export function appView(state, session) {
  if (state.phase === "signed-out" || state.phase === "signing-in") return html`${signIn(state, session)}${toast(state)}`;
  if (state.phase !== "ready") {
    const isStuck = state.retryAt > Date.now();
    return html`<main class="starting"><div class="goose" aria-hidden="true"></div><p role="status">${t(isStuck ? "connecting" : "loading")}</p></main>`;
  }
  return html`${state.link === "online" ? nothing : html`<p class="link-state" role="status">${t("connecting")}</p>`}
    <div class="app ${state.active ? "in-chat" : ""}">${rail(state, session)} ${sidebar(state, session)} ${conversation(state, session)}</div>
    ${dialog(state, session)} ${toast(state)}`;
}

/** @param {import("../state/model.js").State} state */
function toast(state) {
  return html`<div class="toast ${state.toast ? "shown" : ""}" role="status">${state.toast}</div>`;
}
