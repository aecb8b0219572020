// The servers as the dashboard lists them: where they are, how busy, and linked to whom.
import { dateTime, number, t } from "../i18n/index.js";
import { html } from "../../client/vendor/lit-html/lit-html.js";
import { short } from "../views/chart.js";
import { chip } from "../views/tables.js";

/**
 * @typedef {import("./dashboard.js").Process} Process
 * @typedef {{ process: Process, role: Process["roles"][number], links: Process["links"] }} Server
 */

const MEGABYTE = 1024 * 1024;

/** @param {Process[]} processes @returns {Server[]} */
export function serversOf(processes) {
  return processes.flatMap((process) =>
    process.roles.map((role) => ({ process, role, links: process.links.filter((link) => link.role === role.role) })),
  );
}

/** @returns {import("../views/tables.js").Column<Server>[]} */
export function serverColumns() {
  return [
    { label: "server", cell: ({ role }) => html`<strong>${role.role}</strong>`, kind: "first" },
    { label: "address", cell: ({ role }) => Object.values(role.addresses).join(", ") },
    { label: "process", cell: ({ process }) => (process.pid ? `${process.host} · ${process.pid}` : chip(t("down"), "bad")) },
    { label: "since", cell: ({ process }) => html`${dateTime(process.started)} ${process.restarts ? chip(t("restarts", { count: process.restarts }), "bad") : ""}` },
    { label: "cpu", cell: ({ process }) => (process.cpu === null ? "–" : `${short(process.cpu * 100)} %`), kind: "number" },
    { label: "memory", cell: ({ process }) => `${number(Math.round(process.memory_bytes / MEGABYTE))} MB`, kind: "number" },
    { label: "load", cell: ({ role }) => load(role) },
    { label: "links", cell: ({ links }) => linkList(links) },
  ];
}

/** @param {Process["roles"][number]} role */
function load({ role, load }) {
  const parts = Object.entries(load).filter(([name]) => !name.includes("max_"));
  return parts.map(([name, value]) => `${short(value)} ${name.replace(`${role}_`, "").replaceAll("_", " ")}`).join(", ");
}

/** @param {Process["links"]} links */
function linkList(links) {
  if (!links.length) return "–";
  return html`<details><summary>${number(links.length)}</summary>
    <ul class="links">${links.map((link) => html`<li>${link.name} <small>${dateTime(link.since)}</small></li>`)}</ul>
  </details>`;
}
