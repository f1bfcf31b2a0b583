/**
 * Search: one field over everything said in one's own topics and every document one may read; each result is a link.
 */
import { html, nothing } from 'lit';
import { search } from '../xmpp/looking.js';
import { clock, count, day, failure } from '../words.js';
import { icon } from './icons.js';
import { PlainElement } from './plain.js';

const TYPING_MS = 250;

class Search extends PlainElement {
  static properties = { app: { attribute: false }, tick: { type: Number }, _words: { state: true }, _found: { state: true }, _busy: { state: true }, _error: { state: true } };

  #timer = 0;
  #asked = 0;

  constructor() {
    super();
    this._words = '';
    this._found = /** @type {import('../xmpp/read.js').Found | null} */ (null);
    this._busy = false;
    this._error = '';
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
  }

  /** @param {string} [typed] to look for at once */
  open(typed = '') {
    const field = /** @type {HTMLInputElement} */ (this.querySelector('#search'));
    if (!this.#dialog.open) this.#dialog.showModal();
    field.focus();
    if (typed) this.#type((field.value = typed));
    else field.select(); // at once: what is typed next must stay
  }

  #close() {
    this.#dialog.close();
  }

  #type(words) {
    this._words = words;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#look(), TYPING_MS);
  }

  #clear() {
    clearTimeout(this.#timer);
    this._words = '';
    this.#look();
    /** @type {HTMLInputElement} */ (this.querySelector('#search')).focus();
  }

  async #look(more = false) {
    const words = this._words.trim();
    this.#asked += 1;
    const asked = this.#asked;
    const before = more ? (this._found?.hits ?? []) : [];
    if (!words) {
      this._found = null;
      return;
    }
    this._busy = true;
    this._error = '';
    try {
      const found = await search(this.app.client, words, { after: before.length });
      if (asked === this.#asked) this._found = { ...found, hits: [...before, ...found.hits] };
    } catch (error) {
      if (asked === this.#asked) this._error = failure(error, 'Nothing was searched.');
    }
    if (asked === this.#asked) this._busy = false;
  }

  // From the field to the results and between them, as in any list.
  #key(event) {
    if (event.key === 'Escape') { // a field for searching would take the first one for itself
      event.preventDefault();
      if (this._words) this.#clear();
      else this.#close();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter' && event.target.id === 'search') {
      event.preventDefault();
      clearTimeout(this.#timer);
      const first = /** @type {HTMLElement | null} */ (this.querySelector('.hits a'));
      if (first && !this._busy) first.click();
      else this.#look();
    }
    if (!step) return;
    const stops = [this.querySelector('#search'), ...this.querySelectorAll('.hits a')];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (next) {
      event.preventDefault();
      /** @type {HTMLElement} */ (next).focus();
    }
  }

  #hit(hit) {
    const words = hit.parts.map((part) => (part.found ? html`<mark>${part.text}</mark>` : part.text));
    const when = hit.at ? `${day(hit.at, this.app.now)}, ${clock(hit.at)}` : '';
    const away = hit.kind === 'document' && hit.url;
    const href = away ? hit.url : `#/t/${hit.topic}${hit.id ? `/m/${encodeURIComponent(hit.id)}` : ''}`;
    const follow = () => { this.#close(); this.app.go(hit.kind === 'document' ? 'outcome' : 'talk'); };
    return html`<li><a href=${href} data-testid="hit" target=${away ? '_blank' : nothing} rel=${away ? 'noopener' : nothing} @click=${away ? nothing : follow}>
      <span class="of">${icon(hit.kind === 'document' ? 'record' : 'talk')}<b dir="auto">${hit.name}</b><small>${hit.kind === 'document' ? 'Document' : hit.by}${when ? html`, <time>${when}</time>` : nothing}</small></span>
      <p dir="auto" class=${hit.kind}>${words}</p></a></li>`;
  }

  #state() {
    const found = this._found;
    const n = this.app.client.topics.size;
    if (this._error) return this._error;
    if (!found) return 'All words must be there; each may go on.';
    if (!found.total) return `Nothing about “${this._words.trim()}” in ${count(n, 'topic')} or the archive.`;
    return `${count(found.total, 'result')}${found.behind ? '. What was said in the last minutes may be missing' : ''}.`;
  }

  render() {
    const found = this._found;
    return html`<dialog class="one search" aria-labelledby="search-label" @keydown=${this.#key}>
      <div class="in"><label for="search" id="search-label">Search talks and documents</label><button class="ico" type="button" aria-label="Close" @click=${this.#close}>${icon('close')}</button>
        <input id="search" type="search" autocomplete="off" enterkeyhint="search" .value=${this._words} @input=${(event) => this.#type(event.target.value)}>
        <p class="hint" role="status" data-testid="search-state">${this.#state()}</p></div>
      ${found?.hits.length ? html`<ul class="hits" aria-label="Results" aria-busy=${this._busy}>${found.hits.map((hit) => this.#hit(hit))}</ul>
        ${found.hits.length < found.total ? html`<div class="end"><span></span><button class="btn" type="button" @click=${() => this.#look(true)}>More results</button></div>` : nothing}` : nothing}</dialog>`;
  }
}

customElements.define('ccm-search', Search);
