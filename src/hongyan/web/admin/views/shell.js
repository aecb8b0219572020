// The frame around the pages: navigation, dialog, notices.
import { t } from "../i18n/index.js";
import { PAGES } from "../pages/index.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";
import { ref } from "../../client/vendor/lit-html/directives/ref.js";
import { icon } from "../../client/views/icons.js";
import { account } from "./account.js";
import { symbol } from "./symbols.js";
import { signIn } from "./signin.js";

/** @typedef {import("../app/app.js").App} App */

/** @param {App} app */
export function shell(app) {
  if (app.phase === "starting") return html`<main class="starting"><div class="goose" aria-hidden="true"></div><p role="status">${t("loading")}</p></main>`;
  if (app.phase === "out") return signIn(app);
  return html`<div class="console ${app.isMenuOpen ? "menu-open" : ""}">
      ${bar(app)} ${navigation(app)}
      <main class="page" id="page" tabindex="-1">
        ${app.fault ? fault(app) : nothing} ${app.page?.view()}
      </main>
    </div>
    ${dialog(app)}
    <div class="toast ${app.toastText ? "shown" : ""}" role="status">${app.toastText}</div>`;
}

/** @param {App} app on narrow screens */
function bar(app) {
  const toggle = () => {
    app.isMenuOpen = !app.isMenuOpen;
    app.redraw();
  };
  return html`<header class="bar">
    <button class="round" type="button" aria-label=${t("menu")} aria-expanded=${app.isMenuOpen} aria-controls="menu" @click=${toggle}>${symbol("menu")}</button>
    <span class="bar-title">${t(app.pageName)}</span>
  </header>`;
}

/** @param {App} app */
function navigation(app) {
  const names = /** @type {(keyof typeof PAGES)[]} */ (Object.keys(PAGES));
  const close = () => {
    app.isMenuOpen = false;
    app.redraw();
  };
  const escape = (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && close();
  return html`<div class="veil" @click=${close}></div>
    <nav class="menu" id="menu" aria-label=${t("menu")} @keydown=${escape}>
      <p class="brand"><span class="goose" aria-hidden="true"></span><span>${t("appName")}</span></p>
      <ul>
        ${names.map(
          (name) => html`<li>
            <a href="#/${name}" class="tab" aria-current=${name === app.pageName ? "page" : nothing} @click=${close}>${symbol(PAGES[name].symbol)}<span>${t(name)}</span></a>
          </li>`,
        )}
      </ul>
      <div class="menu-foot">
        <a class="tab" href="/" target="_blank" rel="noopener">${icon("chats")}<span>${t("webClient")}</span></a>
        <button class="tab" type="button" @click=${() => app.show(account(app))}>${icon("settings")}<span>${app.name}</span></button>
        <button class="tab" type="button" @click=${() => app.signOut()}>${icon("leave")}<span>${t("signOut")}</span></button>
      </div>
    </nav>`;
}

/** @param {App} app */
function fault(app) {
  return html`<p class="fault" role="alert">${icon("warning")}<span>${app.fault}</span>
    <button class="link" type="button" @click=${() => app.reload()}>${t("again")}</button></p>`;
}

/** @param {App} app */
function dialog(app) {
  const open = app.dialog;
  if (!open) return nothing;
  const close = () => app.dialog === open && app.show(null);
  return html`<dialog class=${open.isWide ? "wide" : ""} aria-label=${open.title} ${ref(showModal)} @close=${close}>
    <div class="sheet">
      <header><h2>${open.title}</h2><button class="round" type="button" aria-label=${t("close")} @click=${close}>${icon("close")}</button></header>
      ${open.view()}
    </div>
  </dialog>`;
}

/** @param {Element | undefined} element */
function showModal(element) {
  const box = /** @type {HTMLDialogElement | undefined} */ (element);
  if (box && !box.open) queueMicrotask(() => box.isConnected && !box.open && box.showModal());
}
