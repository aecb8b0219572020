// Choosing people for a group.
import { t } from "../i18n/index.js";
import { search } from "../state/people.js";
import { userName } from "../state/select.js";
import { html } from "../vendor/lit-html/lit-html.js";
import { userAvatar } from "./avatar.js";
import "./list.js";

const ROW_PX = 48;

/** @typedef {import("../state/model.js").State} State */
/** @typedef {import("../app/session.js").Session} Session */

let query = "";
/** @type {Set<number>} */
let chosen = new Set();

export function resetPicker() {
  query = "";
  chosen = new Set();
}

export function pickedPeople() {
  return [...chosen];
}

/** @param {State} state @param {Session} session @param {Set<number>} without */
export function peoplePicker(state, session, without) {
  const redraw = () => session.store.dispatch({ type: "set", values: {} });
  const wanted = query.trim().toLowerCase();
  const items = search(state.users.values(), wanted).filter((user) => !without.has(user.id));
  const type = (/** @type {Event} */ event) => {
    query = /** @type {HTMLInputElement} */ (event.target).value;
    redraw();
  };
  const toggle = (/** @type {number} */ id) => {
    if (!chosen.delete(id)) chosen.add(id);
    redraw();
  };
  const row = (/** @type {import("../state/model.js").User} */ user) => html`<div role="listitem" class="pick">
    <label><input type="checkbox" .checked=${chosen.has(user.id)} @change=${() => toggle(user.id)} />
      ${userAvatar(state, user.id, { size: "small", hasPresence: true })}<span>${userName(state, user.id)}</span></label>
  </div>`;
  return html`<label><span>${t("search")}</span><input type="search" placeholder=${t("searchHint")} @input=${type} /></label>
    <hy-list class="picker" .model=${{ items, height: ROW_PX, row, keyOf: (/** @type {any} */ user) => user.id, label: t("contacts") }}></hy-list>
    <p class="chosen" role="status">${t("chosen", { count: chosen.size })}</p>`;
}
