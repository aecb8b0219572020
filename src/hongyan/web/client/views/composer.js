// Where one writes: text with mentions and emoji, pictures, files and voice.
import { isImage } from "../app/outbox.js";
import { Recorder } from "../app/recorder.js";
import { t } from "../i18n/index.js";
import { userName } from "../state/select.js";
import { GROUP } from "../wire/content.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { live } from "../vendor/lit-html/directives/live.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";
import { userAvatar } from "./avatar.js";
import { emojiPicker } from "./emoji.js";
import { icon } from "./icons.js";

const MENTION = /@([^\s@]{0,20})$/;
const MAX_SUGGESTIONS = 6;
const MAX_FILE_MB = 10;
const MAX_TEXT = 2800; // characters: encrypted and in Base64 they must fit into what servers take

/** @typedef {import("../state/model.js").State} State */
/** @typedef {import("../state/model.js").Chat} Chat */
/** @typedef {import("../app/session.js").Session} Session */

/** @type {{ isEmojiOpen: boolean, choice: number, mention: string | null, recorder: Recorder | null }} */
const ui = { isEmojiOpen: false, choice: 0, mention: null, recorder: null };

/** @param {State} state @param {Session} session @param {Chat} chat */
export function composer(state, session, chat) {
  const people = suggestions(state, chat);
  return html`<form class="composer" @submit=${(/** @type {Event} */ event) => submit(event, session, chat)}>
    ${people.length ? suggestionList(state, session, chat, people) : nothing}
    ${ui.isEmojiOpen ? emojiPicker((emoji) => insert(session, chat, emoji), () => toggleEmoji(session)) : nothing}
    <button class="round" type="button" aria-label=${t("emoji")} aria-expanded=${ui.isEmojiOpen} @click=${() => toggleEmoji(session)}>
      ${icon("emoji")}
    </button>
    <label class="round" title=${t("attach")}>
      ${icon("attach")}<span class="unseen">${t("attach")}</span>
      <input type="file" multiple class="unseen" @change=${(/** @type {Event} */ event) => picked(event, session, chat)} />
    </label>
    ${ui.recorder ? recording(session, ui.recorder) : field(session, chat, people)}
    ${sendButton(session, chat)}
  </form>`;
}

/** @param {Session} session @param {Chat} chat @param {number[]} people */
function field(session, chat, people) {
  const isNarrow = window.matchMedia("(max-width: 720px)").matches;
  return html`<textarea
    id="draft"
    rows="1"
    maxlength=${MAX_TEXT}
    aria-label=${t("message")}
    placeholder=${isNarrow ? t("messageHintShort") : t("messageHint")}
    .value=${live(chat.draft)}
    @input=${(/** @type {Event} */ event) => typed(/** @type {HTMLTextAreaElement} */ (event.target), session, chat)}
    @keydown=${(/** @type {KeyboardEvent} */ event) => pressed(event, session, chat, people)}
    @paste=${(/** @type {ClipboardEvent} */ event) => pasted(event, session, chat)}
  ></textarea>`;
}

/** @param {Session} session @param {Chat} chat */
function sendButton(session, chat) {
  if (chat.draft.trim() && !ui.recorder) {
    return html`<button class="round send" type="submit" aria-label=${t("send")}>${icon("send")}</button>`;
  }
  const isRecording = ui.recorder !== null;
  return html`<button class="round ${isRecording ? "send" : ""}" type="button" aria-label=${isRecording ? t("stopRecording") : t("record")}
    @click=${() => (isRecording ? ui.recorder?.stop() : void record(session, chat))}>
    ${icon(isRecording ? "send" : "mic")}
  </button>`;
}

/** @param {Session} session @param {Recorder} recorder */
function recording(session, recorder) {
  const drop = () => {
    recorder.discard();
    ui.recorder = null;
    redraw(session);
  };
  return html`<div class="recording" role="status"><i></i>${t("recording", { seconds: recorder.seconds })}
    <button type="button" class="link" @click=${drop}>${t("discard")}</button></div>`;
}

/** @param {Session} session @param {Chat} chat */
async function record(session, chat) {
  if (!Recorder.isPossible()) return session.toast(t("cannotRecord"));
  const recorder = new Recorder(
    () => redraw(session),
    (seconds, sound) => {
      ui.recorder = null;
      session.outbox.voice(chat.key, seconds, sound);
    },
  );
  try {
    await recorder.start();
    ui.recorder = recorder;
    redraw(session);
  } catch {
    session.toast(t("cannotRecord"));
  }
}

// Mentions.

/** @param {State} state @param {Chat} chat @returns {number[]} */
function suggestions(state, chat) {
  if (ui.mention === null || chat.type !== GROUP) return [];
  const query = ui.mention.toLowerCase();
  const fits = (/** @type {number} */ id) => {
    const user = state.users.get(id);
    return id !== state.me && user && [user.nick, user.name, user.pinyin].some((text) => text.toLowerCase().includes(query));
  };
  return (state.groups.get(chat.id)?.members ?? []).filter(fits).slice(0, MAX_SUGGESTIONS);
}

/** @param {State} state @param {Session} session @param {Chat} chat @param {number[]} people */
function suggestionList(state, session, chat, people) {
  return html`<div class="suggestions" role="listbox" aria-label=${t("groupInfo")}>
    ${repeat(
      people,
      (id) => id,
      (id, index) => html`<button type="button" role="option" tabindex="-1" aria-selected=${index === ui.choice}
        @mousedown=${(/** @type {Event} */ event) => event.preventDefault()} @click=${() => complete(session, chat, id)}>
        ${userAvatar(state, id, { size: "small" })}<span>${userName(state, id)}</span>
      </button>`,
    )}
  </div>`;
}

/** @param {Session} session @param {Chat} chat @param {number} id */
function complete(session, chat, id) {
  const area = textarea();
  if (!area) return;
  const before = area.value.slice(0, area.selectionStart).replace(MENTION, `@${userName(session.store.state, id)} `);
  replace(session, chat, before, area.value.slice(area.selectionEnd));
  ui.mention = null;
}

// Typing.

/** @param {HTMLTextAreaElement} area @param {Session} session @param {Chat} chat */
function typed(area, session, chat) {
  ui.mention = MENTION.exec(area.value.slice(0, area.selectionStart))?.[1] ?? null;
  ui.choice = 0;
  session.draft(chat.key, area.value);
}

/** @param {KeyboardEvent} event @param {Session} session @param {Chat} chat @param {number[]} people */
function pressed(event, session, chat, people) {
  if (event.isComposing) return; // Enter ends the word, not the message
  if (people.length && steer(event, session, chat, people)) return;
  if (event.key === "Enter" && !event.shiftKey) submit(event, session, chat);
  else if (event.key === "Escape" && ui.isEmojiOpen) toggleEmoji(session);
}

/** @param {KeyboardEvent} event @param {Session} session @param {Chat} chat @param {number[]} people */
function steer(event, session, chat, people) {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? people.length - 1 : 0;
  const chosen = people[ui.choice];
  if (step) ui.choice = (ui.choice + step) % people.length;
  else if ((event.key === "Enter" || event.key === "Tab") && chosen) complete(session, chat, chosen);
  else if (event.key === "Escape") ui.mention = null;
  else return false;
  event.preventDefault();
  redraw(session);
  return true;
}

/** @param {Event} event @param {Session} session @param {Chat} chat */
function submit(event, session, chat) {
  event.preventDefault();
  session.send(chat.key, textarea()?.value ?? chat.draft);
  ui.mention = null;
  ui.isEmojiOpen = false;
}

/** @param {Session} session @param {Chat} chat @param {string} text */
function insert(session, chat, text) {
  const area = textarea();
  if (area) replace(session, chat, area.value.slice(0, area.selectionStart) + text, area.value.slice(area.selectionEnd));
}

/** @param {Session} session @param {Chat} chat @param {string} before @param {string} after */
function replace(session, chat, before, after) {
  const area = textarea();
  if (!area) return;
  area.value = before + after;
  session.draft(chat.key, area.value);
  area.focus();
  area.setSelectionRange(before.length, before.length);
}

function textarea() {
  return /** @type {HTMLTextAreaElement | null} */ (document.getElementById("draft"));
}

/** @param {Session} session */
function toggleEmoji(session) {
  ui.isEmojiOpen = !ui.isEmojiOpen;
  if (!ui.isEmojiOpen) textarea()?.focus();
  redraw(session);
}

// Files.

/** @param {Event} event @param {Session} session @param {Chat} chat */
function picked(event, session, chat) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  sendFiles(session, chat, [...(input.files ?? [])]);
  input.value = "";
}

/** @param {ClipboardEvent} event @param {Session} session @param {Chat} chat */
function pasted(event, session, chat) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  sendFiles(session, chat, files);
}

/** @param {Session} session @param {Chat} chat @param {File[]} files */
export function sendFiles(session, chat, files) {
  for (const file of files) {
    if (file.size > MAX_FILE_MB * 1024 * 1024) session.toast(t("tooLarge", { size: MAX_FILE_MB }));
    else session.outbox.file(chat.key, file, named(file));
  }
}

/** msfs wants an extension. @param {File} file */
function named(file) {
  const name = file.name || (isImage(file) ? `image.${file.type.split("/")[1]}` : "file");
  return /\.\w{1,15}$/.test(name) ? name : `${name}.bin`;
}

/** @param {Session} session */
function redraw(session) {
  session.store.dispatch({ type: "set", values: {} });
}
