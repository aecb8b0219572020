// The pages, in the order of the menu.
import { AuditPage } from "./audit.js";
import { DashboardPage } from "./dashboard.js";
import { DepartmentsPage } from "./departments.js";
import { DiscoveryPage } from "./discovery.js";
import { GroupsPage } from "./groups.js";
import { KeysPage } from "./keys.js";
import { OnlinePage } from "./online.js";
import { UsersPage } from "./users.js";
import { WebhooksPage } from "./webhooks.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {import("../app/app.js").Page} Page
 * @typedef {{ Page: new (app: App) => Page, symbol: import("../views/symbols.js").Symbol }} Entry
 */

/** @satisfies {Record<string, Entry>} */
export const PAGES = {
  dashboard: { Page: DashboardPage, symbol: "dashboard" },
  users: { Page: UsersPage, symbol: "user" },
  departments: { Page: DepartmentsPage, symbol: "tree" },
  groups: { Page: GroupsPage, symbol: "group" },
  online: { Page: OnlinePage, symbol: "signal" },
  discovery: { Page: DiscoveryPage, symbol: "compass" },
  keys: { Page: KeysPage, symbol: "key" },
  webhooks: { Page: WebhooksPage, symbol: "hook" },
  audit: { Page: AuditPage, symbol: "log" },
};
