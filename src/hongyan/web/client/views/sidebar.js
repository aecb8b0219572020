// The left side: where to go, and the list of conversations, contacts or groups.
import { briefTime, t } from "../i18n/index.js";
import { contactRows } from "../state/contacts.js";
import { chatKey } from "../state/model.js";
import * as select from "../state/select.js";
import { GROUP, SINGLE } from "../wire/content.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { live } from "../vendor/lit-html/directives/live.js";
import { chatAvatar, groupAvatar, userAvatar } from "./avatar.js";
import { icon } from "./icons.js";
import "./list.js";

const ROW_PX = 68;

/** @typedef {import("../state/model.js").State} State */
/** @typedef {import("../app/session.js").Session} Session */

/** @param {State} state @param {Session} session */
export function rail(state, session) {
  const unread = select.totalUnread(state);
  const tab = (/** @type {State["panel"]} */ panel, /** @type {number} */ count) => html`<button
    type="button"
    class="tab"
    aria-current=${state.panel === panel ? "page" : "false"}
    @click=${() => set(session, { panel, query: "" })}
  >
    ${icon(panel)}<span>${t(panel)}</span>
    ${count ? html`<b class="badge" aria-label=${t("unread", { count })}>${count > 99 ? "99+" : count}</b>` : nothing}
  </button>`;
  return html`<nav class="rail" aria-label=${t("appName")}>
    <button class="me" type="button" aria-label=${t("profile")} @click=${() => set(session, { dialog: { kind: "profile", user: state.me } })}>
      ${userAvatar(state, state.me)}
    </button>
    ${tab("chats", unread)} ${tab("contacts", 0)} ${tab("groups", 0)}
    <button class="tab last" type="button" @click=${() => set(session, { dialog: { kind: "settings" } })}>
      ${icon("settings")}<span>${t("settings")}</span>
    </button>
  </nav>`;
}

/** @param {State} state @param {Session} session */
export function sidebar(state, session) {
  return html`<section class="side" aria-label=${t(state.panel)}>
    <header>
      <h1>${t(state.panel)}</h1>
      <button class="round" type="button" aria-label=${t("newGroup")} title=${t("newGroup")}
        @click=${() => set(session, { dialog: { kind: "group" } })}>${icon("plus")}</button>
    </header>
    <label class="search">
      ${icon("search")}<span class="unseen">${t("search")}</span>
      <input type="search" placeholder=${state.panel === "contacts" ? t("searchHint") : t("search")} .value=${live(state.query)}
        @input=${(/** @type {Event} */ event) => set(session, { query: /** @type {HTMLInputElement} */ (event.target).value })} />
    </label>
    ${panel(state, session)}
  </section>`;
}

/** @param {State} state @param {Session} session */
function panel(state, session) {
  if (state.panel === "contacts") {
    const items = contactRows(state);
    return list(state, items, t("contacts"), contactKey, (row) => contactRow(state, session, row));
  }
  if (state.panel === "groups") {
    const items = select.visibleGroups(state);
    return list(state, items, t("groups"), (group) => group.id, (group) => groupRow(state, session, group));
  }
  const items = select.visibleChats(state);
  return list(state, items, t("chats"), (chat) => chat.key, (chat) => chatRow(state, session, chat));
}

/**
 * @template T
 * @param {State} state
 * @param {T[]} items
 * @param {string} label
 * @param {(item: T) => unknown} keyOf
 * @param {(item: T) => unknown} row
 */
function list(state, items, label, keyOf, row) {
  if (!items.length) return html`<p class="empty">${state.query ? t("nothingFound") : t("noChats")}</p>`;
  return html`<hy-list .model=${{ items, height: ROW_PX, keyOf, row, label }}></hy-list>`;
}

/** @param {State} state @param {Session} session @param {import("../state/model.js").Chat} chat */
function chatRow(state, session, chat) {
  const name = select.chatName(state, chat);
  const isMuted = select.isMuted(state, chat);
  return html`<div role="listitem" class="row">
    <button type="button" class=${state.active === chat.key ? "active" : ""} aria-current=${state.active === chat.key}
      @click=${() => session.open(chat.key)}>
      ${chatAvatar(state, chat)}
      <span class="lines">
        <span class="line"><strong>${name}</strong><time>${briefTime(chat.time)}</time></span>
        <span class="line"><span class="preview">${previewLine(state, chat)}</span>
          ${isMuted ? html`<span class="quiet" role="img" aria-label=${t("muted")}>${icon("bellOff")}</span>` : nothing}
          ${chat.unread ? html`<b class="badge ${isMuted ? "faint" : ""}" aria-label=${t("unread", { count: chat.unread })}>${chat.unread > 99 ? "99+" : chat.unread}</b>` : nothing}
        </span>
      </span>
    </button>
  </div>`;
}

/** @param {State} state @param {import("../state/model.js").Chat} chat */
function previewLine(state, chat) {
  if (chat.typingUntil > Date.now()) return html`<em>${t("typing")}</em>`;
  if (chat.isMentioned) return html`<em class="alert">[${t("mentioned")}]</em> ${preview(state, chat)}`;
  if (chat.draft && state.active !== chat.key) return html`<em class="alert">[${t("draft")}]</em> ${chat.draft}`;
  return preview(state, chat);
}

/** @param {State} state @param {import("../state/model.js").Chat} chat */
function preview(state, chat) {
  return select.preview(state, chat, { image: t("image"), voice: t("voice"), file: t("file") });
}

/** @param {import("../state/contacts.js").ContactRow} row */
function contactKey(row) {
  return row.kind === "user" ? `u${row.user.id}` : `d${row.id}`;
}

/** @param {State} state @param {Session} session @param {import("../state/contacts.js").ContactRow} row */
function contactRow(state, session, row) {
  const indent = `depth-${Math.min(row.depth, 6)}`;
  if (row.kind === "department") {
    return html`<div role="listitem" class="row department ${indent}">
      <button type="button" aria-expanded=${row.isOpen} @click=${() => toggle(state, session, row.id)}>
        ${icon(row.isOpen ? "down" : "right")}<strong>${row.name}</strong><span class="count">${row.count}</span>
      </button>
    </div>`;
  }
  const { user } = row;
  const key = chatKey(SINGLE, user.id);
  return html`<div role="listitem" class="row ${indent}">
    <button type="button" class=${state.active === key ? "active" : ""} @click=${() => pick(state, session, user.id)}>
      ${userAvatar(state, user.id, { hasPresence: true })}
      <span class="lines">
        <span class="line"><strong>${user.nick || user.name}</strong>
          <small class=${select.isOnline(state, user.id) ? "present" : ""}>${t(select.isOnline(state, user.id) ? "online" : "offline")}</small></span>
        <span class="line"><span class="preview">${user.signature || user.email || user.name}</span></span>
      </span>
    </button>
  </div>`;
}

/** @param {State} state @param {Session} session @param {number} id */
function pick(state, session, id) {
  if (id === state.me) set(session, { dialog: { kind: "profile", user: id } });
  else session.open(chatKey(SINGLE, id));
}

/** @param {State} state @param {Session} session @param {import("../state/model.js").Group} group */
function groupRow(state, session, group) {
  const key = chatKey(GROUP, group.id);
  return html`<div role="listitem" class="row">
    <button type="button" class=${state.active === key ? "active" : ""} @click=${() => session.open(key)}>
      ${groupAvatar(group.id)}
      <span class="lines">
        <span class="line"><strong>${group.name}</strong></span>
        <span class="line"><span class="preview">${t("members", { count: group.members.length })}</span></span>
      </span>
    </button>
  </div>`;
}

/** @param {State} state @param {Session} session @param {number} id */
function toggle(state, session, id) {
  const closedDepartments = new Set(state.closedDepartments);
  if (!closedDepartments.delete(id)) closedDepartments.add(id);
  set(session, { closedDepartments });
}

/** @param {Session} session @param {Partial<State>} values */
function set(session, values) {
  session.store.dispatch({ type: "set", values });
}
