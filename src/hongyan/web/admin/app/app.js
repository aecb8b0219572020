// What the pages share: who is signed in, which page is open, the dialog over it, and when to draw.
import { departmentNames } from "./departments.js";
import { Api, Refusal } from "./api.js";
import { explain } from "../i18n/explain.js";
import { setLanguage, t } from "../i18n/index.js";
import { PAGES } from "../pages/index.js";

/**
 * @typedef {{ title: string, view: () => unknown, isWide?: boolean }} Dialog what opens over the page
 * @typedef {{ language: "en" | "zh", theme: "auto" | "light" | "dark" }} Settings
 * @typedef {object} Page
 * @property {() => Promise<void>} open loads what the page shows
 * @property {() => void} [leave] ends what it does in the background
 * @property {() => unknown} view
 * @typedef {keyof typeof PAGES} PageName
 */

const SETTINGS = "hongyan.console";
const TOAST_MS = 4000;
/** Without a key or a pointer for so long, pages stop asking by themselves, so that the session can end. */
const AWAY_MS = 20 * 60_000;
const FIRST_PAGE = /** @type {PageName} */ (Object.keys(PAGES)[0]);

export class App {
  /** @param {() => void} draw */
  constructor(draw) {
    this.draw = draw;
    this.api = new Api();
    this.api.onSignedOut = () => this.signedOut(t("sessionOver"));
    /** @type {Settings} */
    this.settings = { language: navigator.language.startsWith("zh") ? "zh" : "en", theme: "auto", ...saved() };
    /** @type {"starting" | "out" | "in"} */
    this.phase = "starting";
    this.name = "";
    this.notice = "";
    this.toastText = "";
    this.toastTimer = 0;
    this.isMenuOpen = false;
    this.isBusy = false;
    /** @type {Dialog | null} */
    this.dialog = null;
    /** @type {PageName} */
    this.pageName = FIRST_PAGE;
    /** @type {Page | null} */
    this.page = null;
    /** @type {string} what went wrong while the page was loaded */
    this.fault = "";
    /** @type {Map<number, string>} */
    this.departments = new Map();
    this.isDrawing = false;
    this.touchedAt = Date.now();
  }

  async begin() {
    this.applySettings();
    for (const sign of ["pointerdown", "pointermove", "keydown"]) addEventListener(sign, () => (this.touchedAt = Date.now()), { passive: true });
    addEventListener("hashchange", () => this.phase === "in" && this.openPage());
    try {
      this.signedIn(await this.api.ask("session"));
    } catch (error) {
      this.signedOut(error instanceof Refusal && error.status === 401 ? "" : explain(error));
    }
  }

  // Signing in and out.

  /** @param {string} name @param {string} password */
  async signIn(name, password) {
    this.isBusy = true;
    this.redraw();
    try {
      this.signedIn(await this.api.post("sign-in", { name, password }));
    } catch (error) {
      this.notice = error instanceof Refusal && error.status === 401 ? t("wrongPassword") : explain(error);
    }
    this.isBusy = false;
    this.redraw();
  }

  /** @param {{ name: string, csrf: string }} session */
  signedIn(session) {
    this.phase = "in";
    this.notice = "";
    this.name = session.name;
    this.api.csrf = session.csrf;
    void this.openPage();
  }

  async signOut() {
    await this.attempt(() => this.api.post("sign-out"));
    this.signedOut("");
  }

  /** @param {string} notice */
  signedOut(notice) {
    this.page?.leave?.();
    Object.assign(this, { phase: "out", notice, name: "", page: null, dialog: null });
    this.api.csrf = "";
    this.redraw();
  }

  // Pages.

  async openPage() {
    const wanted = location.hash.slice(2);
    this.page?.leave?.();
    this.pageName = wanted in PAGES ? /** @type {PageName} */ (wanted) : FIRST_PAGE;
    const page = new PAGES[this.pageName].Page(this);
    Object.assign(this, { page, dialog: null, isMenuOpen: false, fault: "" });
    document.title = `${t(this.pageName)} · ${t("appName")}`;
    this.redraw();
    await this.reload();
  }

  /** Loads again what the open page shows. */
  async reload() {
    const page = this.page;
    this.fault = "";
    try {
      await page?.open();
    } catch (error) {
      if (page === this.page) this.fault = explain(error);
    }
    this.redraw();
  }

  /** Learns what the departments are called. */
  async learnDepartments() {
    this.departments = departmentNames((await this.api.do("department.list")).departments);
  }

  /** Whether anybody looks at the page. */
  isWatched() {
    return document.visibilityState === "visible" && Date.now() - this.touchedAt < AWAY_MS;
  }

  // What every page needs.

  /** Draws in a moment, however often it is asked to. */
  redraw() {
    if (this.isDrawing) return;
    this.isDrawing = true;
    queueMicrotask(() => {
      this.isDrawing = false;
      this.draw();
    });
  }

  /**
   * Does something and says what went wrong.
   * @template T @param {() => Promise<T>} work @returns {Promise<T | undefined>}
   */
  async attempt(work) {
    try {
      return await work();
    } catch (error) {
      this.toast(explain(error));
      return undefined;
    }
  }

  /** @param {Dialog | null} dialog */
  show(dialog) {
    this.dialog = dialog;
    this.redraw();
  }

  /** @param {string} text */
  toast(text) {
    clearTimeout(this.toastTimer);
    this.toastText = text;
    this.toastTimer = setTimeout(() => this.toast(""), TOAST_MS);
    if (!text) clearTimeout(this.toastTimer);
    this.redraw();
  }

  // Settings of this browser.

  /** @param {Partial<Settings>} values */
  change(values) {
    this.settings = { ...this.settings, ...values };
    localStorage.setItem(SETTINGS, JSON.stringify(this.settings));
    this.applySettings();
    if (this.phase === "in") document.title = `${t(this.pageName)} · ${t("appName")}`;
    this.redraw();
  }

  applySettings() {
    setLanguage(this.settings.language);
    document.documentElement.dataset.theme = this.settings.theme;
    document.title = t("appName");
  }
}

/** @returns {Partial<Settings>} */
function saved() {
  try {
    return JSON.parse(localStorage.getItem(SETTINGS) ?? "{}");
  } catch {
    return {};
  }
}
