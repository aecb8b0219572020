// What opens over the page: profiles, groups, settings, enlarged pictures.
import { t } from "../i18n/index.js";
import { chatKey } from "../state/model.js";
import * as select from "../state/select.js";
import { SINGLE } from "../wire/content.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { ref } from "../vendor/lit-html/directives/ref.js";
import { groupAvatar, userAvatar } from "./avatar.js";
import { icon } from "./icons.js";
import "./list.js";
import { peoplePicker, resetPicker, pickedPeople } from "./picker.js";

const MEMBER_PX = 48;

/** @typedef {import("../state/model.js").State} State */
/** @typedef {import("../app/session.js").Session} Session */

/** @param {State} state @param {Session} session */
export function dialog(state, session) {
  if (!state.dialog) return nothing;
  switch (state.dialog.kind) {
    case "profile":
      return modal(session, t("profile"), profile(state, session, state.dialog.user));
    case "settings":
      return modal(session, t("settings"), settings(state, session));
    case "group":
      return modal(session, t("newGroup"), newGroup(state, session));
    case "members":
      return modal(session, state.groups.get(state.dialog.group)?.name ?? "", members(state, session, state.dialog.group));
    case "add":
      return modal(session, t("addMembers"), addMembers(state, session, state.dialog.group));
    case "image":
      return modal(session, t("picture"), html`<img class="enlarged" src=${state.dialog.url} alt=${t("picture")} />`, "picture-dialog");
  }
}

/** @param {Session} session @param {string} title @param {unknown} body @param {string} [kind] */
function modal(session, title, body, kind = "") {
  const close = () => session.store.dispatch({ type: "set", values: { dialog: null } });
  const outside = (/** @type {Event} */ event) => event.target === event.currentTarget && close();
  return html`<dialog class=${kind} aria-label=${title} ${ref(show)} @close=${close} @click=${outside}>
    <div class="sheet">
      <header><h2>${title}</h2><button class="round" type="button" aria-label=${t("close")} @click=${close}>${icon("close")}</button></header>
      ${body}
    </div>
  </dialog>`;
}

/** @param {Element | undefined} element */
function show(element) {
  const box = /** @type {HTMLDialogElement | undefined} */ (element);
  if (!box || box.open) return;
  resetPicker();
  queueMicrotask(() => box.isConnected && !box.open && box.showModal());
}

/** @param {State} state @param {Session} session @param {number} id */
function profile(state, session, id) {
  const user = state.users.get(id);
  const isMe = id === state.me;
  const facts = /** @type {[string, string | undefined][]} */ ([
    [t("account"), user?.name],
    [t("department"), state.departments.get(user?.department ?? 0)?.name],
    [t("phone"), user?.phone],
    [t("email"), user?.email],
  ]).filter(([, value]) => value);
  return html`<div class="profile">
    ${userAvatar(state, id, { size: "large", hasPresence: true })}
    <h3>${select.userName(state, id)}</h3>
    ${isMe ? ownProfile(session, user?.signature ?? "") : html`<p class="signature">${user?.signature || t("noSignature")}</p>`}
    <dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${isMe
      ? nothing
      : html`<button class="primary" type="button" @click=${() => session.open(chatKey(SINGLE, id))}>${t("sendMessage")}</button>`}
  </div>`;
}

/** @param {Session} session @param {string} signature */
function ownProfile(session, signature) {
  const save = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    void session.changeSignature(String(form.get("signature")));
  };
  const picture = (/** @type {Event} */ event) => {
    const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
    if (file) void session.changeAvatar(file, file.name);
  };
  return html`<label class="link">${t("changeAvatar")}<input class="unseen" type="file" accept="image/png,image/jpeg,image/gif" @change=${picture} /></label>
    <form class="inline" @submit=${save}>
      <label class="unseen" for="signature">${t("signature")}</label>
      <input id="signature" name="signature" maxlength="128" placeholder=${t("signature")} .value=${signature} />
      <button class="secondary" type="submit">${t("save")}</button>
    </form>`;
}

/** @param {State} state @param {Session} session */
function settings(state, session) {
  const { language, theme, notifications } = state.settings;
  const change = (/** @type {Partial<import("../state/model.js").Settings>} */ values) => session.store.dispatch({ type: "settings", values });
  const value = (/** @type {Event} */ event) => /** @type {any} */ (/** @type {HTMLSelectElement} */ (event.target).value);
  const notify = async (/** @type {Event} */ event) => {
    const wanted = /** @type {HTMLInputElement} */ (event.target).checked;
    const isAllowed = wanted && (await session.notifier.ask());
    if (wanted && !isAllowed) session.toast(t("notificationsBlocked"));
    change({ notifications: isAllowed });
  };
  return html`<div class="settings">
    <label>${t("language")}
      <select @change=${(/** @type {Event} */ event) => change({ language: value(event) })}>
        <option value="en" ?selected=${language === "en"}>English</option>
        <option value="zh" ?selected=${language === "zh"}>简体中文</option>
      </select></label>
    <label>${t("theme")}
      <select @change=${(/** @type {Event} */ event) => change({ theme: value(event) })}>
        <option value="auto" ?selected=${theme === "auto"}>${t("themeAuto")}</option>
        <option value="light" ?selected=${theme === "light"}>${t("themeLight")}</option>
        <option value="dark" ?selected=${theme === "dark"}>${t("themeDark")}</option>
      </select></label>
    <label class="check"><input type="checkbox" .checked=${notifications} @change=${notify} />${t("notifications")}</label>
    <button class="secondary" type="button" @click=${() => session.signOut()}>${icon("leave")}${t("signOut")}</button>
  </div>`;
}

/** @param {State} state @param {Session} session */
function newGroup(state, session) {
  const create = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const name = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("group")).trim();
    const people = pickedPeople();
    if (name && people.length) void session.createGroup(name, people);
  };
  return html`<form class="group-form" @submit=${create}>
    <label>${t("groupName")}<input name="group" maxlength="64" required autocomplete="off" /></label>
    ${peoplePicker(state, session, new Set([state.me]))}
    <footer><button class="primary" type="submit">${t("create")}</button></footer>
  </form>`;
}

/** @param {State} state @param {Session} session @param {number} id */
function addMembers(state, session, id) {
  const group = state.groups.get(id);
  const add = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    await session.addMembers(id, pickedPeople());
    session.store.dispatch({ type: "set", values: { dialog: { kind: "members", group: id } } });
  };
  return html`<form class="group-form" @submit=${add}>
    ${peoplePicker(state, session, new Set(group?.members))}
    <footer><button class="primary" type="submit">${t("add")}</button></footer>
  </form>`;
}

/** @param {State} state @param {Session} session @param {number} id */
function members(state, session, id) {
  const group = state.groups.get(id);
  if (!group) return nothing;
  const isCreator = group.creator === state.me;
  const role = (/** @type {number} */ user) => (user === group.creator ? t("creator") : user === state.me ? t("you") : "");
  const add = () => session.store.dispatch({ type: "set", values: { dialog: { kind: "add", group: id } } });
  const row = (/** @type {number} */ user) => html`<div role="listitem" class="member">
    ${userAvatar(state, user, { size: "small", hasPresence: true })}<span>${select.userName(state, user)}</span><small>${role(user)}</small>
    ${isCreator && user !== state.me
      ? html`<button class="link" type="button" aria-label="${t("remove")}: ${select.userName(state, user)}" @click=${() => session.removeMember(id, user)}>${t("remove")}</button>`
      : nothing}
  </div>`;
  return html`<div class="members">
    <p class="group-head">${groupAvatar(id)}<span>${t("members", { count: group.members.length })}</span>
      <button class="secondary" type="button" @click=${add}>${icon("plus")}${t("addMembers")}</button></p>
    <hy-list .model=${{ items: group.members, height: MEMBER_PX, row, keyOf: (/** @type {number} */ user) => user, label: t("groupInfo") }}></hy-list>
  </div>`;
}
