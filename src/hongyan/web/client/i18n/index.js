// The words of the client in the language that is set.
import { en } from "./en.js";
import { zh } from "./zh.js";

/** @typedef {keyof typeof en} Word */

/** @type {Record<"en" | "zh", Record<Word, string>>} */
const WORDS = { en, zh };
const LOCALES = { en: "en-GB", zh: "zh-CN" };
let language = /** @type {"en" | "zh"} */ ("en");
let forms = formsOf(language);

/** The ways to write a time, made once: to make one takes longer than to use it a hundred times. @param {"en" | "zh"} language */
function formsOf(language) {
  const form = (/** @type {Intl.DateTimeFormatOptions} */ options) => new Intl.DateTimeFormat(LOCALES[language], options);
  return {
    clock: form({ hour: "2-digit", minute: "2-digit" }),
    day: form({ weekday: "short", month: "short", day: "numeric" }),
    dayOfYear: form({ weekday: "short", month: "short", day: "numeric", year: "numeric" }),
    brief: form({ month: "numeric", day: "numeric" }),
  };
}

/** @param {"en" | "zh"} wanted */
export function setLanguage(wanted) {
  if (wanted !== language) forms = formsOf(wanted);
  language = wanted;
  document.documentElement.lang = wanted === "zh" ? "zh-CN" : "en";
}

/**
 * @param {Word} word
 * @param {Record<string, string | number>} [values] put in the place of {name}
 */
export function t(word, values = {}) {
  return WORDS[language][word].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** @param {number} seconds since 1970 */
export function clock(seconds) {
  return forms.clock.format(seconds * 1000);
}

/** @param {number} seconds */
export function day(seconds) {
  const date = new Date(seconds * 1000);
  const days = Math.round((startOfDay(new Date()) - startOfDay(date)) / 86_400_000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  const sameYear = date.getFullYear() === new Date().getFullYear();
  return (sameYear ? forms.day : forms.dayOfYear).format(date);
}

/**
 * The time for a list: of today the hour, else the day.
 * @param {number} seconds
 */
export function briefTime(seconds) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  if (startOfDay(date) === startOfDay(new Date())) return clock(seconds);
  if (startOfDay(new Date()) - startOfDay(date) === 86_400_000) return t("yesterday");
  return forms.brief.format(date);
}

/** @param {number} bytes */
export function size(bytes) {
  const unit = bytes < 1e6 ? "KB" : "MB";
  const number = bytes / (unit === "KB" ? 1e3 : 1e6);
  return `${number < 10 ? number.toFixed(1) : Math.round(number)} ${unit}`;
}

/** @param {Date} date */
export function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
