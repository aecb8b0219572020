// The words of the console in the language that is set.
import { en } from "./en.js";
import { zh } from "./zh.js";

/** @typedef {keyof typeof en} Word */

/** @type {Record<"en" | "zh", Record<Word, string>>} */
const WORDS = { en, zh };
export let language = /** @type {"en" | "zh"} */ ("en");

/** @param {"en" | "zh"} wanted */
export function setLanguage(wanted) {
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

/** @param {number} count */
export function number(count) {
  return count.toLocaleString(locale());
}

/** @param {number} seconds since 1970 */
export function dateTime(seconds) {
  if (!seconds) return "";
  return new Date(seconds * 1000).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });
}

/** @param {number} seconds since 1970 @param {boolean} [isExact] */
export function clock(seconds, isExact = false) {
  return new Date(seconds * 1000).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", ...(isExact && { second: "2-digit" }) });
}

export function locale() {
  return language === "zh" ? "zh-CN" : "en-GB";
}
