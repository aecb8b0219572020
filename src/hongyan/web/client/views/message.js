// One message: who, when, what, and whether it got there. What people wrote is only ever text.
import { locate } from "../app/media.js";
import { clock, day, size, startOfDay, t } from "../i18n/index.js";
import { textOf, userName } from "../state/select.js";
import { GROUP, isAudio, splitAudio, splitText } from "../wire/content.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { userAvatar } from "./avatar.js";
import { icon } from "./icons.js";
import { rowId } from "./thread.js";
import { voice } from "./voice.js";

const TOGETHER_S = 300;
const LINK = /\bhttps?:\/\/[^\s<>"'，。；、）】]+/g;

/** @typedef {import("../state/model.js").State} State */
/** @typedef {import("../state/model.js").Chat} Chat */
/** @typedef {import("../state/model.js").Message} Message */
/** @typedef {import("../app/session.js").Session} Session */

/**
 * @param {State} state
 * @param {Session} session
 * @param {Chat} chat
 * @param {Message} message
 * @param {Message | undefined} before
 */
export function messageRow(state, session, chat, message, before) {
  const isOwn = message.from === state.me;
  const isNewDay = !before || startOfDay(new Date(before.time * 1000)) !== startOfDay(new Date(message.time * 1000));
  const isFirst = isNewDay || before.from !== message.from || message.time - before.time > TOGETHER_S;
  const name = userName(state, message.from);
  return html`<div data-row=${rowId(message)}>
    ${isNewDay ? html`<p class="day"><span>${day(message.time)}</span></p>` : nothing}
    <article class="message ${isOwn ? "own" : ""} ${isFirst ? "first" : ""}" aria-label="${name}, ${clock(message.time)}">
      ${isOwn ? nothing : isFirst ? faceButton(state, session, message.from, name) : html`<span class="gap"></span>`}
      <div class="body">
        ${isFirst && !isOwn && chat.type === GROUP ? html`<p class="who">${name}</p>` : nothing}
        ${content(state, session, chat, message)}
        <p class="meta"><time>${clock(message.time)}</time>${isOwn ? status(session, chat, message) : nothing}</p>
      </div>
    </article>
  </div>`;
}

/** @param {State} state @param {Session} session @param {number} id @param {string} name */
function faceButton(state, session, id, name) {
  const show = () => session.store.dispatch({ type: "set", values: { dialog: { kind: "profile", user: id } } });
  return html`<button class="face" type="button" aria-label="${t("profile")}: ${name}" @click=${show}>
    ${userAvatar(state, id, { size: "small" })}
  </button>`;
}

/** @param {State} state @param {Session} session @param {Chat} chat @param {Message} message */
function content(state, session, chat, message) {
  if (message.blob) return waitingFile(session, chat, message);
  if (isAudio(message.type)) return html`<div class="bubble">${voice(message, splitAudio(message.data))}</div>`;
  const parts = splitText(textOf(message.data));
  return parts.map((part) => {
    if (part.kind === "image") return picture(state, session, part.url);
    if (part.kind === "file") return file(state, part);
    return part.text.trim() ? html`<div class="bubble ${isBigEmoji(part.text) ? "big" : ""}">${rich(part.text, session)}</div>` : nothing;
  });
}

/** @param {string} text */
function isBigEmoji(text) {
  return text.length <= 12 && /^(?:\p{Extended_Pictographic}[\u{FE0F}\u{200D}\u{1F3FB}-\u{1F3FF}]*){1,3}$/u.test(text.trim());
}

/** Text with its links and mentions of the reader. @param {string} text @param {Session} session */
function rich(text, session) {
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    pieces.push(mentions(text.slice(end, match.index), session));
    pieces.push(html`<a href=${match[0]} target="_blank" rel="noopener noreferrer nofollow">${match[0]}</a>`);
    end = match.index + match[0].length;
  }
  pieces.push(mentions(text.slice(end), session));
  return pieces;
}

/** @param {string} text @param {Session} session */
function mentions(text, session) {
  const me = `@${userName(session.store.state, session.me)}`;
  if (!text.includes(me)) return text;
  return text.split(me).map((piece, index) => (index ? [html`<mark>${me}</mark>`, piece] : piece));
}

/** @param {State} state @param {Session} session @param {string} address */
function picture(state, session, address) {
  const place = locate(address, state.msfs);
  if (!place) return html`<div class="bubble">${t("image")}</div>`;
  if (!place.isOurs) {
    // Not loaded by itself: whoever runs that server would learn who reads this, and when.
    return html`<div class="bubble"><a href=${place.url} target="_blank" rel="noopener noreferrer nofollow">
      ${t("foreignImage", { host: place.host })}</a></div>`;
  }
  const enlarge = () => session.store.dispatch({ type: "set", values: { dialog: { kind: "image", url: place.url } } });
  return html`<button class="picture" type="button" aria-label=${t("openImage")} @click=${enlarge}>
    <img src=${place.url} alt=${t("image")} loading="lazy" @error=${gone} />
  </button>`;
}

/** @param {Event} event */
function gone(event) {
  const image = /** @type {HTMLImageElement} */ (event.target);
  image.closest("button")?.classList.add("gone");
  image.alt = t("imageGone");
}

/** @param {State} state @param {{ name: string, url: string }} part */
function file(state, part) {
  const place = locate(part.url, state.msfs);
  if (!place) return html`<div class="bubble">${part.name}</div>`;
  return html`<a class="bubble file" href=${place.url} target="_blank" rel="noopener noreferrer" download=${part.name}>
    ${icon("file")}<span><strong>${part.name}</strong><small>${t("download")}</small></span>
  </a>`;
}

/** @param {Session} session @param {Chat} chat @param {Message} message */
function waitingFile(session, chat, message) {
  const share = Math.round((message.progress ?? 0) * 100);
  const { clientId, fileName: name = "", blob } = message;
  const drop = () => session.outbox.discard(chat.key, clientId);
  return html`<div class="bubble file">
    ${icon("file")}<span><strong>${name}</strong>
      <progress max="100" .value=${share} aria-label=${name}></progress>
      <small>${t("uploading", { share, size: size(blob?.size ?? 0) })}</small></span>
    ${message.status === "pending"
      ? html`<button class="round" type="button" aria-label=${t("cancelUpload", { name })} title=${t("discard")} @click=${drop}>${icon("close")}</button>`
      : nothing}
  </div>`;
}

/** @param {Session} session @param {Chat} chat @param {Message} message */
function status(session, chat, message) {
  if (message.status === "sent") return html`<span class="state" title=${t("sent")} aria-label=${t("sent")} role="img">${icon("check")}</span>`;
  if (message.status === "pending") return html`<span class="state" title=${t("sending")} aria-label=${t("sending")} role="img">${icon("clock")}</span>`;
  const { clientId } = message;
  return html`<span class="failure" role="alert">${icon("warning")} ${t("failed")}${message.error ? `: ${message.error}` : ""}
    <button type="button" class="link" @click=${() => session.outbox.retry(chat.key, clientId)}>${t("retry")}</button>
    <button type="button" class="link" @click=${() => session.outbox.discard(chat.key, clientId)}>${t("discard")}</button>
  </span>`;
}
