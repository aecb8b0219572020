// Puts the console together.
import { render } from "../client/vendor/lit-html/lit-html.js";
import { App } from "./app/app.js";
import { shell } from "./views/shell.js";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
const app = new App(() => render(shell(app), root));
void app.begin();
