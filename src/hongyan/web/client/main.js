// Puts the client together.
import { savedSettings, saveSettings } from "./app/memory.js";
import { Session } from "./app/session.js";
import { setLanguage } from "./i18n/index.js";
import { initialState } from "./state/model.js";
import { Store } from "./state/store.js";
import { render } from "./vendor/lit-html/lit-html.js";
import { appView } from "./views/app.js";

const store = new Store(initialState(savedSettings()));
const session = new Session(store);
const root = /** @type {HTMLElement} */ (document.getElementById("app"));
let settings = store.state.settings;

/** @param {import("./state/model.js").Settings} wanted */
function apply(wanted) {
  setLanguage(wanted.language);
  document.documentElement.dataset.theme = wanted.theme;
}

apply(settings);
store.subscribe((state) => {
  if (state.settings !== settings) {
    settings = state.settings;
    apply(settings);
    saveSettings(settings);
  }
  render(appView(state, session), root);
});
const notice = sessionStorage.getItem("hongyan.notice") ?? "";
const triedName = sessionStorage.getItem("hongyan.name") ?? "";
for (const key of ["hongyan.notice", "hongyan.name"]) sessionStorage.removeItem(key);
store.dispatch({ type: "set", values: { notice, triedName } });
// What was chosen in the last moment is kept, too.
addEventListener("pagehide", () => store.tell());
session.begin();
