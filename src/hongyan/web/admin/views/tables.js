// Tables that become cards on narrow screens, and what stands around them.
import { number, t } from "../i18n/index.js";
import { repeat } from "../../client/vendor/lit-html/directives/repeat.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";

/**
 * @template Row
 * @typedef {object} Column
 * @property {import("../i18n/index.js").Word} label
 * @property {(row: Row) => unknown} cell
 * @property {string} [kind] a class of its cells
 */

/**
 * What stays the same of a row when the list around it changes, so that a click that was on its way to one
 * row's button never reaches another's; rows without an id keep their place.
 * @param {unknown} row @param {number} index
 */
function keyOf(row, index) {
  return row instanceof Object && "id" in row ? row.id : index;
}

/**
 * @template Row
 * @param {string} caption @param {Column<Row>[]} columns @param {Row[] | null} rows null while they are loaded
 * @param {(row: Row) => unknown} [actions] buttons at the end of a row
 * @param {(row: Row) => string} [kind] a class of the row
 */
export function table(caption, columns, rows, actions, kind = () => "") {
  if (rows === null) return html`<p class="empty" role="status">${t("loading")}</p>`;
  if (!rows.length) return html`<p class="empty">${t("nothingHere")}</p>`;
  return html`<div class="table"><table>
    <caption class="unseen">${caption}</caption>
    <thead><tr>${columns.map((column) => html`<th scope="col" class=${column.kind ?? ""}>${t(column.label)}</th>`)}${actions ? html`<th scope="col"><span class="unseen">${t("actions")}</span></th>` : nothing}</tr></thead>
    <tbody>
      ${repeat(
        rows,
        keyOf,
        (row) => html`<tr class=${kind(row)}>
          ${columns.map((column) => html`<td class=${column.kind ?? ""} data-label=${t(column.label)}>${column.cell(row)}</td>`)}
          ${actions ? html`<td class="actions">${actions(row)}</td>` : nothing}
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}

/**
 * Says how many there are, and loads more.
 * @param {import("../app/listing.js").Listing<any>} list
 */
export function more(list) {
  return html`<p class="more">
    <span role="status">${t("shownOf", { shown: number(list.rows?.length ?? 0), total: number(list.total) })}</span>
    ${list.next ? html`<button class="secondary" type="button" @click=${() => list.more()}>${t("loadMore")}</button>` : nothing}
  </p>`;
}

/**
 * The head of a page.
 * @param {string} title @param {unknown} [buttons]
 */
export function heading(title, buttons = nothing) {
  return html`<header class="heading"><h1>${title}</h1><div class="buttons">${buttons}</div></header>`;
}

/**
 * A field that searches while one types.
 * @param {string} label @param {string} value @param {(text: string) => void} search
 */
export function searchField(label, value, search) {
  let timer = 0;
  const later = (/** @type {Event} */ event) => {
    const text = /** @type {HTMLInputElement} */ (event.target).value.trim();
    clearTimeout(timer);
    timer = setTimeout(() => search(text), 200);
  };
  return html`<input class="search" type="search" aria-label=${label} placeholder=${label} maxlength="64" .value=${value} @input=${later} />`;
}

/** @param {string} text @param {"good" | "bad" | "plain"} kind */
export function chip(text, kind = "plain") {
  return html`<span class="chip ${kind}">${text}</span>`;
}
