// What this browser keeps: who is signed in (a token, never a password), settings and drafts.

const SESSION = "hongyan.session";
const SETTINGS = "hongyan.settings";
const DRAFTS = "hongyan.drafts";

/** @returns {{ name: string, token: string } | null} */
export function savedSession() {
  const session = read(SESSION);
  return session?.name && session.token ? session : null;
}

/** @param {{ name: string, token: string } | null} session */
export function saveSession(session) {
  write(SESSION, session);
  if (!session) write(DRAFTS, null);
}

/** @returns {import("../state/model.js").Settings} */
export function savedSettings() {
  const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  return { language, theme: "auto", notifications: false, ...read(SETTINGS) };
}

/** @param {import("../state/model.js").Settings} settings */
export function saveSettings(settings) {
  write(SETTINGS, settings);
}

/** @param {number} me @returns {Record<string, string>} */
export function savedDrafts(me) {
  const drafts = read(DRAFTS);
  return drafts?.me === me ? drafts.texts : {};
}

/** @param {number} me @param {Record<string, string>} texts */
export function saveDrafts(me, texts) {
  write(DRAFTS, { me, texts });
}

/** @param {string} key */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null; // somebody else wrote there, or the browser forbids it
  }
}

/** @param {string} key @param {unknown} value */
function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // full or forbidden: the page works, and forgets when it is closed
  }
}
