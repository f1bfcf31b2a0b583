/**
 * How wide the columns beside the talk are: dragged, moved by arrow keys, set back by a double click or Enter, remembered.
 */
import { html } from 'lit';
import { t } from '../words/language.js';

const STEP = 16;
const COLUMNS = {
  topics: { least: 220, most: 440, away: 1 },
  outcome: { least: 300, most: 820, away: -1 },
};

/** @typedef {keyof typeof COLUMNS} Column */

export class Columns {
  #from = /** @type {{x: number, width: number} | null} */ (null);

  /** @param {any} app @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} store */
  constructor(app, store) {
    this.app = app;
    this.store = store;
  }

  /** Put what is remembered to use. */
  apply() {
    for (const column of /** @type {Column[]} */ (Object.keys(COLUMNS))) this.#show(column, Number(this.store.getItem(`ccm-width:${column}`)) || 0);
  }

  /** @param {Column} column @param {number} width 0 is what the page would give it */
  set(column, width) {
    const { least, most } = COLUMNS[column];
    const wanted = width && Math.round(Math.min(most, Math.max(least, width)));
    if (wanted) this.store.setItem(`ccm-width:${column}`, String(wanted));
    else this.store.removeItem(`ccm-width:${column}`);
    this.#show(column, wanted);
    this.app.requestUpdate();
  }

  #show(column, width) {
    const { style } = document.documentElement;
    if (width) style.setProperty(`--w-${column}`, `${width}px`);
    else style.removeProperty(`--w-${column}`);
  }

  #width(column) {
    return document.getElementById(column)?.offsetWidth || Number(this.store.getItem(`ccm-width:${column}`)) || COLUMNS[column].least;
  }

  #sign(column) {
    return COLUMNS[column].away * (getComputedStyle(document.body).direction === 'rtl' ? -1 : 1);
  }

  #key(column, event) {
    const { least, most } = COLUMNS[column];
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (step && !event.altKey) this.set(column, this.#width(column) + step * this.#sign(column));
    else if (event.key === 'Home') this.set(column, least);
    else if (event.key === 'End') this.set(column, most);
    else if (event.key === 'Enter') this.set(column, 0);
    else return;
    event.preventDefault();
  }

  /** @param {Column} column @param {PointerEvent} event */
  #drag(column, event) {
    const edge = /** @type {HTMLElement} */ (event.currentTarget);
    if (event.type === 'pointerdown') {
      if (event.button) return;
      edge.setPointerCapture(event.pointerId);
      this.#from = { x: event.clientX, width: this.#width(column) };
    } else if (event.type === 'pointermove' && this.#from) this.set(column, this.#from.width + (event.clientX - this.#from.x) * this.#sign(column));
    else this.#from = null;
  }

  /** @param {Column} column */
  edge(column) {
    const { least, most } = COLUMNS[column];
    const name = column === 'topics' ? t`Width of the topics` : t`Width of the outcome`;
    const drag = (/** @type {PointerEvent} */ event) => this.#drag(column, event);
    return html`<div class="edge of-${column}" role="separator" tabindex="0" aria-orientation="vertical" aria-label=${name} aria-controls=${column} title=${t`${name}: drag it; a double click sets it back`}
      aria-valuemin=${least} aria-valuemax=${most} aria-valuenow=${Math.min(most, Math.max(least, this.#width(column)))} data-testid="edge-${column}"
      @pointerdown=${drag} @pointermove=${drag} @pointerup=${drag} @pointercancel=${drag} @dblclick=${() => this.set(column, 0)} @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(column, event)}></div>`;
  }
}
