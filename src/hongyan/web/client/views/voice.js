// A voice message: a button that plays it, where this browser knows how.
import { t } from "../i18n/index.js";
import { html } from "../vendor/lit-html/lit-html.js";
import { icon } from "./icons.js";

/** @type {{ audio: HTMLAudioElement, button: HTMLElement } | null} only one plays at a time */
let playing = null;

/** @param {import("../state/model.js").Message} message @param {{ seconds: number, sound: Uint8Array }} content */
export function voice(message, { seconds, sound }) {
  if (sound.length === 0) return html`<span class="voice">${t("lostVoice")}</span>`;
  const label = `${t("play")} ${t("voice")} ${t("voiceSeconds", { seconds })}`;
  return html`<button class="voice" type="button" aria-label=${label} data-message=${message.id}
    @click=${(/** @type {Event} */ event) => toggle(/** @type {HTMLElement} */ (event.currentTarget), sound)}>
    <span class="when-still">${icon("play")}</span><span class="when-playing">${icon("pause")}</span>
    <span class="bars" aria-hidden="true"></span><span>${t("voiceSeconds", { seconds })}</span>
  </button>`;
}

/** @param {HTMLElement} button @param {Uint8Array} sound */
function toggle(button, sound) {
  const isThis = playing?.button === button;
  stop();
  if (isThis) return;
  const url = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (sound)]));
  const audio = new Audio(url);
  playing = { audio, button };
  button.classList.add("playing");
  audio.onended = stop;
  audio.onerror = () => {
    stop();
    const excuse = button.querySelector("span:last-child");
    if (excuse) excuse.textContent = t("cannotPlay");
  };
  audio.play().catch(() => {}); // said by onerror
}

function stop() {
  if (!playing) return;
  playing.audio.pause();
  URL.revokeObjectURL(playing.audio.src);
  playing.button.classList.remove("playing");
  playing = null;
}
