// The right side: one conversation.
import { startOfDay, t } from "../i18n/index.js";
import { chatName, isMuted, isOnline } from "../state/select.js";
import { GROUP } from "../wire/content.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { chatAvatar } from "./avatar.js";
import { composer, sendFiles } from "./composer.js";
import { icon } from "./icons.js";
import { messageRow } from "./message.js";
import "./thread.js";

/** @typedef {import("../state/model.js").State} State */
/** @typedef {import("../state/model.js").Chat} Chat */
/** @typedef {import("../app/session.js").Session} Session */

/** @param {State} state @param {Session} session */
export function conversation(state, session) {
  const chat = state.active ? state.chats.get(state.active) : undefined;
  if (!chat) {
    return html`<main class="conversation nothing"><div class="goose" aria-hidden="true"></div><p>${t("pickChat")}</p></main>`;
  }
  return html`<main class="conversation" aria-label=${chatName(state, chat)}
    @dragover=${(/** @type {DragEvent} */ event) => dragging(event, true)}
    @dragleave=${(/** @type {DragEvent} */ event) => dragging(event, false)}
    @drop=${(/** @type {DragEvent} */ event) => dropped(event, session, chat)}>
    ${head(state, session, chat)}
    <hy-thread .model=${threadModel(state, session, chat)}></hy-thread>
    ${composer(state, session, chat)}
    <p class="drop" aria-hidden="true">${t("dropHere")}</p>
  </main>`;
}

/** @param {State} state @param {Session} session @param {Chat} chat */
function head(state, session, chat) {
  const isGroup = chat.type === GROUP;
  const quiet = isMuted(state, chat);
  /** @type {import("../state/model.js").Dialog} */
  const about = isGroup ? { kind: "members", group: chat.id } : { kind: "profile", user: chat.id };
  return html`<header>
    <button class="round back" type="button" aria-label=${t("back")} @click=${() => session.close()}>${icon("back")}</button>
    <button class="about" type="button" title=${t("chatMenu")} @click=${() => session.store.dispatch({ type: "set", values: { dialog: about } })}>
      ${chatAvatar(state, chat)}
      <span class="lines"><strong>${chatName(state, chat)}</strong><small>${subtitle(state, chat)}</small></span>
    </button>
    ${isGroup
      ? html`<button class="round" type="button" aria-pressed=${quiet} aria-label=${t("mute")} title=${t(quiet ? "unmute" : "mute")}
          @click=${() => session.mute(chat.id, !quiet)}>${icon(quiet ? "bellOff" : "bell")}</button>`
      : nothing}
    <button class="round" type="button" aria-label=${t("removeChat")} title=${t("removeChat")} @click=${() => session.removeChat(chat.key)}>
      ${icon("trash")}
    </button>
  </header>`;
}

/** @param {State} state @param {Chat} chat */
function subtitle(state, chat) {
  if (chat.type === GROUP) return t("members", { count: state.groups.get(chat.id)?.members.length ?? 0 });
  if (chat.typingUntil > Date.now()) return html`<em>${t("typing")}</em>`;
  const signature = state.users.get(chat.id)?.signature;
  return t(isOnline(state, chat.id) ? "online" : "offline") + (signature ? ` · ${signature}` : "");
}

/** @type {WeakMap<Chat, import("../state/model.js").Message[]>} */
const lists = new WeakMap();

/** All messages in order; the same list for the same conversation, so that the thread sees what changed. @param {Chat} chat */
function itemsOf(chat) {
  let items = lists.get(chat);
  if (!items) {
    items = chat.pending.length ? [...chat.messages, ...chat.pending] : chat.messages;
    lists.set(chat, items);
  }
  return items;
}

/** @param {State} state @param {Session} session @param {Chat} chat @returns {import("./thread.js").ThreadModel} */
function threadModel(state, session, chat) {
  const items = itemsOf(chat);
  const top = chat.isComplete
    ? html`<p class="beginning">${items.length ? t("beginning") : t("noMessages")}</p>`
    : html`<p class="beginning">${t("loadingHistory")}</p>`;
  return {
    key: chat.key,
    items,
    isComplete: chat.isComplete,
    isLoading: chat.isLoading,
    older: () => session.older(chat.key),
    row: (message, before) => messageRow(state, session, chat, message, before),
    top,
    label: t("message"),
    newest: t("newest"),
    inputs: [chat.key, items, chat.isComplete, chat.isLoading, state.users, state.msfs, state.settings.language, startOfDay(new Date())],
  };
}

/** @param {DragEvent} event @param {boolean} isOver */
function dragging(event, isOver) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  /** @type {HTMLElement} */ (event.currentTarget).classList.toggle("dragging", isOver);
}

/** @param {DragEvent} event @param {Session} session @param {Chat} chat */
function dropped(event, session, chat) {
  dragging(event, false);
  sendFiles(session, chat, [...(event.dataTransfer?.files ?? [])]);
}
