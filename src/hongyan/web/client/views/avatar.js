// Round pictures of people and groups: the one they chose, or their initial on a colour of their own.
import { locate } from "../app/media.js";
import { isOnline, userName } from "../state/select.js";
import { GROUP } from "../wire/content.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { icon } from "./icons.js";

const TONES = 8;

/** @typedef {import("../state/model.js").State} State */

/**
 * @param {State} state
 * @param {number} id
 * @param {{ size?: "small" | "large", hasPresence?: boolean }} [how]
 */
export function userAvatar(state, id, { size, hasPresence = false } = {}) {
  const place = locate(state.users.get(id)?.avatar ?? "", state.msfs);
  const name = userName(state, id);
  return html`<span class="avatar tone-${id % TONES} ${size ?? ""}" aria-hidden="true">
    ${place?.isOurs ? html`<img src=${place.url} alt="" loading="lazy" @error=${hide} />` : nothing}
    <span>${initial(name)}</span>
    ${hasPresence && isOnline(state, id) ? html`<i class="dot"></i>` : nothing}
  </span>`;
}

/** @param {number} id */
export function groupAvatar(id) {
  return html`<span class="avatar group tone-${id % TONES}" aria-hidden="true">${icon("groups")}</span>`;
}

/** @param {State} state @param {import("../state/model.js").Chat} chat */
export function chatAvatar(state, chat) {
  return chat.type === GROUP ? groupAvatar(chat.id) : userAvatar(state, chat.id, { hasPresence: true });
}

/** @param {string} name */
function initial(name) {
  const first = [...name.replace(/^[^\p{L}\p{N}]+/u, "")][0] ?? "?";
  return /\p{Script=Han}/u.test(first) ? ([...name].slice(-2).join("") || first) : first.toUpperCase();
}

/** @param {Event} event */
function hide(event) {
  /** @type {HTMLElement} */ (event.target).hidden = true;
}
