// A small board of emoji; they travel as the characters that they are.
import { t } from "../i18n/index.js";
import { html } from "../vendor/lit-html/lit-html.js";

const BOARD = [
  ..."😀😄😁😂🤣😊😍😘😜🤔😎🤩🥳😴😷😭😢😅😇🙃😮😱😡🤝👍👎👏🙏💪👌✌👋🤞🎉🎁🎂❤💔🔥⭐☀🌙🌈🌹🍀🍎🍉🍺☕🍜🏀🎵📎📌✅❌❓❗💯🕊🚀",
];

/** @param {(emoji: string) => void} choose @param {() => void} close */
export function emojiPicker(choose, close) {
  return html`<div class="emoji" role="group" aria-label=${t("emoji")}
    @keydown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && close()}>
    ${BOARD.map((emoji) => html`<button type="button" @click=${() => choose(emoji)}>${emoji}</button>`)}
  </div>`;
}
