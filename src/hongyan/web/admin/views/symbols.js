// Icons that only the console has, drawn like those of the web client.
import { html, svg } from "../../client/vendor/lit-html/lit-html.js";

const SHAPES = {
  menu: svg`<path d="M4 7h16M4 12h16M4 17h16"/>`,
  dashboard: svg`<path d="M4 19.500V4.500M4 19.500h16"/><path d="m7 15 4-4.500 3.500 2.500L20 7"/>`,
  user: svg`<circle cx="12" cy="8" r="3.600"/><path d="M4.500 20c.6-4 3.600-6 7.500-6s6.900 2 7.500 6"/>`,
  tree: svg`<rect x="8.500" y="3.500" width="7" height="5" rx="1"/><rect x="3" y="15.500" width="7" height="5" rx="1"/><rect x="14" y="15.500" width="7" height="5" rx="1"/><path d="M12 8.500v3.500M6.500 15.500V12h11v3.500"/>`,
  group: svg`<circle cx="9" cy="8.500" r="3.200"/><path d="M2.500 19.500c.5-3.600 3-5.500 6.500-5.500s6 1.900 6.500 5.500"/><path d="M15.500 5.600a3.200 3.200 0 0 1 0 5.900M18 14.600c2 .7 3.200 2.400 3.500 4.900"/>`,
  signal: svg`<circle cx="12" cy="12" r="2"/><path d="M7.500 16.500a6.400 6.400 0 0 1 0-9M16.500 7.500a6.400 6.400 0 0 1 0 9M4.500 19.500a10.600 10.600 0 0 1 0-15M19.500 4.500a10.600 10.600 0 0 1 0 15"/>`,
  compass: svg`<circle cx="12" cy="12" r="8.500"/><path d="m15.500 8.500-2 5-5 2 2-5z"/>`,
  key: svg`<circle cx="8" cy="12" r="4"/><path d="M12 12h9M18 12v3.500M15 12v2.500"/>`,
  hook: svg`<circle cx="7" cy="17" r="2.500"/><circle cx="17.500" cy="16" r="2.500"/><circle cx="12" cy="6" r="2.500"/><path d="m11 8.300-3 6.400M13.500 8.200l3 5.500M9.500 17h5.500"/>`,
  log: svg`<path d="M6 3.500h12v17H6z"/><path d="M9 8h6M9 12h6M9 16h4"/>`,
};

/** @typedef {keyof typeof SHAPES} Symbol */

/** @param {Symbol} name */
export function symbol(name) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${SHAPES[name]}</svg>`;
}
