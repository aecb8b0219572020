// Users from a CSV file: chosen, shown with what is wrong in it, and only then added.
import { decode, parse } from "../app/csv.js";
import { explain, explainText } from "../i18n/explain.js";
import { number, t } from "../i18n/index.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {{ line: number, text: string }} Fault
 */

const SHOWN = 200;
const MAX_BYTES = 4 * 1024 * 1024;
const EXAMPLE = "name,password,nick,department,phone,email,sex";

/** @param {App} app */
export function importDialog(app) {
  const steps = new Import(app);
  app.show({ title: t("importUsers"), view: () => steps.view(), isWide: true });
}

class Import {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.csv = "";
    this.fileName = "";
    this.fault = "";
    this.isBusy = false;
    /** @type {import("../app/csv.js").Row[]} */
    this.rows = [];
    /** @type {{ users: number, faults: Fault[] } | null} what an import would do */
    this.outlook = null;
  }

  /** @param {File} file */
  async read(file) {
    Object.assign(this, { csv: "", fileName: file.name, rows: [], outlook: null, fault: "" });
    if (file.size > MAX_BYTES) this.fault = t("fileTooLarge");
    else await this.look(decode(await file.arrayBuffer()));
    this.app.redraw();
  }

  /** @param {string} csv */
  async look(csv) {
    this.csv = csv;
    this.rows = parse(csv.replace(/^\ufeff/, ""));
    this.outlook = (await this.send(true)) ?? null;
  }

  async add() {
    const done = await this.send(false);
    if (!done) return;
    if (done.faults.length) this.outlook = done;
    else {
      this.app.show(null);
      this.app.toast(t("imported", { count: number(done.users) }));
      await this.app.reload();
    }
    this.app.redraw();
  }

  /** @param {boolean} isDry whether nothing is to be added */
  async send(isDry) {
    Object.assign(this, { isBusy: true, fault: "" });
    this.app.redraw();
    try {
      return await this.app.api.do("user.import", { csv: this.csv, dry_run: isDry });
    } catch (error) {
      this.fault = explain(error);
      return undefined;
    } finally {
      this.isBusy = false;
    }
  }

  view() {
    const pick = (/** @type {Event} */ event) => {
      const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
      if (file) void this.read(file);
    };
    return html`<div class="import">
      <p>${t("importText")}</p>
      <p><code>${EXAMPLE}</code></p>
      <p class="file"><label class="secondary">${t("chooseFile")}<input class="unseen" type="file" accept=".csv,text/csv,text/plain" ?disabled=${this.isBusy} @change=${pick} /></label>
        <span>${this.fileName}</span></p>
      ${this.isBusy ? html`<p role="status">${t("working")}</p>` : nothing}
      ${this.fault ? html`<p class="error" role="alert">${this.fault}</p>` : nothing}
      ${this.outlook ? this.preview(this.outlook) : nothing}
    </div>`;
  }

  /** @param {{ users: number, faults: Fault[] }} outlook */
  preview({ users, faults }) {
    const count = number(users);
    return html`${faults.length
        ? html`<p class="error" role="alert">${t("importFaults", { count: number(faults.length) })}</p>`
        : html`<p class="fine" role="status">${t("importFine", { count })}</p>`}
      ${this.table(faults)}
      <footer><button class="primary" type="button" ?disabled=${this.isBusy || faults.length > 0 || !users} @click=${() => this.add()}>${t("importCount", { count })}</button></footer>`;
  }

  /** @param {Fault[]} faults */
  table(faults) {
    const [header, ...rows] = this.rows;
    if (!header) return nothing;
    const texts = byLine(faults);
    const shown = [...rows.filter((row) => texts.has(row.line)), ...rows.filter((row) => !texts.has(row.line))].slice(0, SHOWN);
    const secret = header.cells.findIndex((cell) => cell.trim().toLowerCase() === "password");
    return html`<div class="table preview" tabindex="0" role="region" aria-label=${t("preview")}><table>
        <thead><tr><th scope="col">${t("line")}</th>${header.cells.map((cell) => html`<th scope="col">${cell}</th>`)}<th scope="col">${t("faults")}</th></tr></thead>
        <tbody>
          ${shown.map(
            (row) => html`<tr class=${texts.has(row.line) ? "faulty" : ""}>
              <td>${row.line}</td>
              ${header.cells.map((_, at) => html`<td>${at === secret && row.cells[at] ? "••••••" : row.cells[at]}</td>`)}
              <td class="why">${texts.get(row.line)?.join(" ") ?? ""}</td>
            </tr>`,
          )}
        </tbody>
      </table></div>
      ${rows.length > shown.length ? html`<p>${t("shownOf", { shown: number(shown.length), total: number(rows.length) })}</p>` : nothing}`;
  }
}

/** @param {Fault[]} faults */
function byLine(faults) {
  /** @type {Map<number, string[]>} */
  const texts = new Map();
  for (const { line, text } of faults) texts.set(line, [...(texts.get(line) ?? []), explainText(text)]);
  return texts;
}
