// The dashboard: how the suite is, now and over the last hour.
import { dateTime, number, t } from "../i18n/index.js";
import { html, nothing } from "../../client/vendor/lit-html/lit-html.js";
import { icon } from "../../client/views/icons.js";
import { chartView, short } from "../views/chart.js";
import { heading, table } from "../views/tables.js";
import { serverColumns, serversOf } from "./servers.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {import("../i18n/index.js").Word} Word
 * @typedef {{ at: number, values: Record<string, number | null>, errors: Record<string, number>, servers: Record<string, number> }} Sample
 * @typedef {object} Process
 * @property {string} host
 * @property {number} pid
 * @property {number} started
 * @property {number} restarts
 * @property {number | null} cpu
 * @property {number} memory_bytes
 * @property {{ role: string, addresses: Record<string, string>, load: Record<string, number> }[]} roles
 * @property {{ role: string, remote: string, name: string, since: number }[]} links
 */

const KEPT = 720;

/** @type {{ title: Word, unit: string, lines: [string, Word][] }[]} */
const CHARTS = [
  { title: "chartOnline", unit: "", lines: [["users", "onlineUsers"], ["connections", "connections"]] },
  { title: "chartMessages", unit: "/s", lines: [["messages", "messages"], ["deliveries", "deliveries"]] },
  { title: "chartLogins", unit: "/s", lines: [["logins", "logins"], ["failed_logins", "failedLogins"]] },
  { title: "chartLatency", unit: " ms", lines: [["ack", "ackTime"], ["commit", "commitTime"]] },
  { title: "chartQueues", unit: "", lines: [["journal", "queueJournal"], ["queries", "queueQueries"], ["requests", "queueRequests"], ["push_queue", "queuePush"], ["webhook_queue", "queueWebhook"]] },
];

export class DashboardPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Sample[]} */
    this.samples = [];
    /** @type {Process[]} */
    this.processes = [];
    /** @type {string[]} */
    this.silent = [];
    this.timer = 0;
    this.isLeft = false;
  }

  async open() {
    clearTimeout(this.timer);
    let everyMs = 5000;
    if (this.app.isWatched()) everyMs = (await this.load()) * 1000;
    if (!this.isLeft) this.timer = setTimeout(() => void this.app.reload(), everyMs);
  }

  leave() {
    this.isLeft = true;
    clearTimeout(this.timer);
  }

  async load() {
    const report = await this.app.api.ask(`status?after=${this.samples.at(-1)?.at ?? 0}`);
    this.samples = [...this.samples, ...report.samples].slice(-KEPT);
    this.processes = report.processes;
    this.silent = report.silent;
    return report.every_s;
  }

  view() {
    return html`${heading(t("dashboard"))}
      ${this.silent.length ? html`<p class="fault" role="alert">${icon("warning")}<span>${t("silent", { addresses: this.silent.join(", ") })}</span></p>` : nothing}
      ${this.tiles()}
      <div class="charts">${CHARTS.map((chart) => this.chart(chart))} ${this.serverChart()}</div>
      <h2 class="part">${t("servers")}</h2>
      ${table(t("servers"), serverColumns(), this.processes.length ? serversOf(this.processes) : null)}
      <h2 class="part">${t("errors")}</h2>
      ${table(t("errors"), errorColumns(), this.errors())}`;
  }

  tiles() {
    const last = this.samples.at(-1)?.values ?? {};
    const waiting = ["journal", "queries", "requests", "push_queue", "webhook_queue"].reduce((sum, name) => sum + (last[name] ?? 0), 0);
    /** @type {[Word, string][]} */
    const tiles = [
      ["onlineUsers", short(last.users ?? null)],
      ["connections", short(last.connections ?? null)],
      ["messagesPerSecond", short(last.messages ?? null)],
      ["deliveriesPerSecond", short(last.deliveries ?? null)],
      ["commitTime", last.commit == null ? "–" : `${short(last.commit)} ms`],
      ["waiting", short(waiting)],
    ];
    return html`<dl class="tiles">${tiles.map(([label, value]) => html`<div class="panel"><dt>${t(label)}</dt><dd>${value}</dd></div>`)}</dl>`;
  }

  /** @param {(typeof CHARTS)[number]} about */
  chart({ title, unit, lines }) {
    return chartView(this.app, {
      title: t(title),
      unit,
      times: this.samples.map((sample) => sample.at),
      lines: lines.map(([name, label]) => ({ label: t(label), values: this.samples.map((sample) => sample.values[name] ?? null) })),
    });
  }

  serverChart() {
    const names = [...new Set(this.samples.flatMap((sample) => Object.keys(sample.servers)))].sort().slice(0, 6);
    return chartView(this.app, {
      title: t("chartServers"),
      unit: "",
      times: this.samples.map((sample) => sample.at),
      lines: names.map((name) => ({ label: name, values: this.samples.map((sample) => sample.servers[name] ?? null) })),
    });
  }

  /** What went wrong in the time that is shown, the most frequent first. */
  errors() {
    /** @type {Map<string, { name: string, count: number, at: number }>} */
    const found = new Map();
    for (const { at, errors } of this.samples) {
      for (const [name, count] of Object.entries(errors)) {
        found.set(name, { name, count: (found.get(name)?.count ?? 0) + count, at });
      }
    }
    return [...found.values()].sort((one, other) => other.count - one.count);
  }
}

/** @returns {import("../views/tables.js").Column<{ name: string, count: number, at: number }>[]} */
function errorColumns() {
  return [
    { label: "kind", cell: ({ name }) => t(/** @type {Word} */ (`error_${name.split(":")[0]}`)) },
    { label: "reason", cell: ({ name }) => html`<code>${name.slice(name.indexOf(":") + 1)}</code>` },
    { label: "count", cell: ({ count }) => number(count), kind: "number" },
    { label: "last", cell: ({ at }) => dateTime(at) },
  ];
}
