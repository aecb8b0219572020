// Icons, drawn with strokes in the colour of the text beside them.
import { html, svg } from "../vendor/lit-html/lit-html.js";

const SHAPES = {
  chats: svg`<path d="M4 5.5h16v11H10l-4.5 3.5v-3.5H4z"/>`,
  contacts: svg`<circle cx="12" cy="8" r="3.6"/><path d="M4.5 20c.6-4 3.6-6 7.5-6s6.900 2 7.500 6"/>`,
  groups: svg`<circle cx="9" cy="8.500" r="3.200"/><path d="M2.500 19.500c.5-3.600 3-5.500 6.500-5.500s6 1.900 6.500 5.500"/><path d="M15.500 5.600a3.200 3.200 0 0 1 0 5.900M18 14.600c2 .7 3.200 2.400 3.500 4.900"/>`,
  settings: svg`<circle cx="12" cy="12" r="3"/><path d="M12 3v2.500M12 18.500V21M3 12h2.500M18.500 12H21M5.600 5.600l1.800 1.800M16.600 16.600l1.800 1.800M5.600 18.400l1.800-1.800M16.600 7.400l1.800-1.800"/>`,
  search: svg`<circle cx="10.500" cy="10.500" r="6"/><path d="m15 15 5 5"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  back: svg`<path d="m14.500 5-7 7 7 7"/>`,
  send: svg`<path d="m4 12 16-7.500-5.500 15.500-3.500-6z"/><path d="m11 14 9-9.500"/>`,
  emoji: svg`<circle cx="12" cy="12" r="8.500"/><path d="M8.500 14c.8 1.500 2 2.200 3.500 2.200s2.700-.7 3.500-2.200"/><path d="M9 9.500v.5M15 9.500v.5"/>`,
  attach: svg`<path d="m19 11-7.600 7.600a4.500 4.500 0 0 1-6.400-6.400l8-8a3 3 0 0 1 4.300 4.300l-7.800 7.700a1.500 1.500 0 0 1-2.200-2.100l7-6.900"/>`,
  mic: svg`<rect x="9" y="3.500" width="6" height="11" rx="3"/><path d="M5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3"/>`,
  stop: svg`<rect x="7" y="7" width="10" height="10" rx="1.500"/>`,
  play: svg`<path d="M8 5.500v13l10.500-6.500z"/>`,
  pause: svg`<path d="M8.500 6v12M15.500 6v12"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  bell: svg`<path d="M6 16.500c1.200-1.300 1.500-3 1.500-5.500a4.500 4.500 0 0 1 9 0c0 2.500.3 4.200 1.500 5.500z"/><path d="M10.500 19.500h3"/>`,
  bellOff: svg`<path d="M6 16.500c1.200-1.300 1.500-3 1.500-5.500a4.500 4.500 0 0 1 9 0c0 2.500.3 4.200 1.500 5.500z"/><path d="m4 4 16 16"/>`,
  down: svg`<path d="m5 9.500 7 7 7-7"/>`,
  right: svg`<path d="m9 5 7 7-7 7"/>`,
  check: svg`<path d="m5 12.500 4.500 4.500L19 7.500"/>`,
  clock: svg`<circle cx="12" cy="12" r="8"/><path d="M12 7.500V12l3 2"/>`,
  warning: svg`<path d="M12 4 2.800 19.500h18.400z"/><path d="M12 10v4.500M12 17v.2"/>`,
  file: svg`<path d="M6 3.500h8l4.500 4.500v12.500H6z"/><path d="M13.500 3.500V8.500h5"/>`,
  leave: svg`<path d="M14 4H5v16h9"/><path d="M10 12h10.500m-4-4 4 4-4 4"/>`,
  trash: svg`<path d="M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13"/>`,
};

/** @param {keyof typeof SHAPES} name */
export function icon(name) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${SHAPES[name]}</svg>`;
}
