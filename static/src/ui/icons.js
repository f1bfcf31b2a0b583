/**
 * Our own icons: a 20 px grid, 1.6 px stroke, always beside a word or with a name on their button.
 */
import { svg, html } from 'lit';

const PATHS = {
  plus: svg`<path d="M10 4v12M4 10h12"/>`,
  search: svg`<circle cx="9" cy="9" r="5.5"/><path d="m13.2 13.2 3.8 3.8"/>`,
  people: svg`<circle cx="7.5" cy="7" r="2.8"/><path d="M2.5 16c.4-3 2.200-4.600 5-4.600s4.600 1.600 5 4.600M13 4.600a2.600 2.600 0 0 1 0 5M15 12c1.400.6 2.200 1.900 2.500 4"/>`,
  more: svg`<path d="M5 10h.01M10 10h.01M15 10h.01" stroke-width="2.4"/>`,
  topics: svg`<path d="M7 5.500h10M7 10h10M7 14.500h10M3.500 5.500h.01M3.500 10h.01M3.500 14.500h.01"/>`,
  talk: svg`<path d="M4 4.500h12A1.500 1.500 0 0 1 17.500 6v7a1.500 1.500 0 0 1-1.500 1.500H9l-4 3v-3H4A1.500 1.500 0 0 1 2.500 13V6A1.500 1.500 0 0 1 4 4.500Z"/>`,
  record: svg`<path d="M5 2.500h7L15.500 6v11.500H5zM12 2.500V6h3.500M7.500 10H13M7.500 13.500H13"/>`,
  send: svg`<path d="M4 10 16.500 4 12 16.500l-2.400-5z"/>`,
  close: svg`<path d="m5.500 5.500 9 9m0-9-9 9"/>`,
  clock: svg`<circle cx="10" cy="10" r="7"/><path d="M10 6v4.300l2.800 1.700"/>`,
  check: svg`<path d="m4.500 10.500 3.500 3.500 7.500-8"/>`,
  alert: svg`<circle cx="10" cy="10" r="7"/><path d="M10 6.200v4.600M10 13.600v.01"/>`,
  back: svg`<path d="M13 14 6 7m0 5.500V7h5.500"/>`,
  reply: svg`<path d="M8 5 3.500 9.500 8 14M4 9.500h7a5 5 0 0 1 5 5V16"/>`,
  keep: svg`<path d="M5.500 3.500h9v13L10 13l-4.500 3.500z"/>`,
  pen: svg`<path d="m4 16 .8-3.500L13 4.300a1.600 1.600 0 0 1 2.300 0l.4.4a1.600 1.600 0 0 1 0 2.300L7.500 15.200z"/>`,
  globe: svg`<circle cx="10" cy="10" r="7"/><path d="M3 10h14M10 3c2 2 3 4.300 3 7s-1 5-3 7c-2-2-3-4.300-3-7s1-5 3-7Z"/>`,
  eye: svg`<path d="M2.500 10S5 5 10 5s7.500 5 7.500 5-2.500 5-7.500 5-7.500-5-7.500-5Z"/><circle cx="10" cy="10" r="2.200"/>`,
  offline: svg`<path d="M3 8.200a11 11 0 0 1 5-2.800M17 8.200a11 11 0 0 0-5.500-2.900M5.800 11.300A7 7 0 0 1 10 9.700M14.200 11.300l-.7-.6M10 15.500h.01M3.500 3.500l13 13"/>`,
  hourglass: svg`<path d="M5.500 3h9M5.500 17h9M6.500 3v2.500L10 10l3.500-4.500V3M6.500 17v-2.500L10 10l3.500 4.500V17"/>`,
  arrow: svg`<path d="M4 10h12m-4.500-4.500L16 10l-4.500 4.500"/>`,
  down: svg`<path d="M10 4v12m-4.500-4.500L10 16l4.500-4.500"/>`,
  up: svg`<path d="M10 16V4M5.500 8.500 10 4l4.500 4.500"/>`,
  mail: svg`<rect x="2.500" y="4.500" width="15" height="11" rx="2"/><path d="m3 6 7 5 7-5"/>`,
  lock: svg`<rect x="4.500" y="9" width="11" height="7.500" rx="1.500"/><path d="M7 9V6.500a3 3 0 0 1 6 0V9"/>`,
  out: svg`<path d="M8 3.500H4.500v13H8M12.500 6.500 16 10l-3.500 3.500M16 10H8"/>`,
  bell: svg`<path d="M5.500 14V9a4.500 4.500 0 0 1 9 0v5l1.500 1.500H4zM8.500 17.500h3"/>`,
  mute: svg`<path d="M5.500 14V9a4.500 4.500 0 0 1 7-3.700M14.500 9v5l1.500 1.500H4L5.500 14M8.500 17.500h3M3.500 3.500l13 13"/>`,
  sliders: svg`<path d="M3.500 6.500h7M14.500 6.500h2M3.500 13.500h2M9.500 13.500h7"/><circle cx="12.500" cy="6.500" r="2"/><circle cx="7.500" cy="13.500" r="2"/>`,
  smile: svg`<circle cx="10" cy="10" r="7"/><path d="M7 11.800c.7 1.300 1.700 2 3 2s2.300-.7 3-2M7.800 8h.01M12.200 8h.01"/>`,
  clip: svg`<path d="m15.500 9.300-5.600 5.600a3.400 3.400 0 0 1-4.800-4.800L11 4.200a2.300 2.300 0 0 1 3.200 3.200l-5.800 5.900a1.100 1.100 0 0 1-1.600-1.600l5.300-5.300"/>`,
  file: svg`<path d="M5 2.500h6.500L15.500 6.500v11H5zM11.500 2.500v4h4"/>`,
  sun: svg`<circle cx="10" cy="10" r="3.200"/><path d="M10 3v1.500M10 15.500V17M3 10h1.500M15.500 10H17M5 5l1.100 1.100M13.900 13.900 15 15M15 5l-1.100 1.100M6.100 13.900 5 15"/>`,
};

/** Those that point along the line. */
const POINTING = ['arrow', 'back', 'reply', 'send', 'out'];

/** @param {keyof typeof PATHS} name */
export const icon = (name) => html`<svg class="i ${POINTING.includes(name) ? 'along' : ''}" viewBox="0 0 20 20" aria-hidden="true">${PATHS[name]}</svg>`;

/** The mark of CCM: a speech bubble that is a written leaf. */
export const mark = () => html`<svg class="logo" viewBox="0 0 26 26" aria-hidden="true"><path d="M6.500 2.500H16L21.500 8v9.500A2.500 2.500 0 0 1 19 20h-8l-5.500 4v-4A2.500 2.500 0 0 1 4 17.500V5a2.500 2.500 0 0 1 2.500-2.500Z"/><path class="thin" d="M15.500 3v5.500H21M8.500 11h5M8.500 15H17"/></svg>`;

/** @param {string} state of a topic @param {any} stale while offline, or when nobody is there: nothing is live */
export function stateMark(state, stale = false) {
  if (state === 'live' && !stale) {
    return html`<svg class="st live" viewBox="0 0 14 14" aria-hidden="true"><circle class="ring" cx="7" cy="7" r="6.5"/><circle cx="7" cy="7" r="4"/></svg>`;
  }
  if (state === 'published') {
    return html`<svg class="st pub" viewBox="0 0 14 14" aria-hidden="true"><circle cx="7" cy="7" r="5.5"/><path d="m4.500 7.200 1.800 1.800 3.300-3.700"/></svg>`;
  }
  const half = state === 'ended' ? svg`<path d="M7 2.500a4.500 4.500 0 0 1 0 9z"/>` : '';
  return html`<svg class="st" viewBox="0 0 14 14" aria-hidden="true"><circle class="open" cx="7" cy="7" r="4.5"/>${half}</svg>`;
}
