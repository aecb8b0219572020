// The pages, in the order of the menu.
import { UsersPage } from "./users.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {import("../app/app.js").Page} Page
 * @typedef {{ Page: new (app: App) => Page, symbol: import("../views/symbols.js").Symbol }} Entry
 */

export const PAGES = {
  users: { Page: UsersPage, symbol: /** @type {const} */ ("user") },
};
