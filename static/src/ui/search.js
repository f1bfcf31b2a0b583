/**
 * Search or jump: one field over one's topics, everything said in them and every document one may read; each result is a
 * link. In the topic that is open alone, if that is asked for; and what is not found may become a topic.
 */
import { html, nothing } from 'lit';
import { readWish } from '../one-field.js';
import { search } from '../xmpp/looking.js';
import { clock, day, failure, topicLine } from '../words.js';
import { plural, t } from '../words/language.js';
import { icon, stateMark } from './icons.js';
import { jumps } from './jump.js';
import { PlainElement } from './plain.js';

const TYPING_MS = 250;

class Search extends PlainElement {
  static properties = { app: { attribute: false }, tick: { type: Number }, _words: { state: true }, _found: { state: true }, _busy: { state: true }, _error: { state: true }, _here: { state: true } };

  #timer = 0;
  #asked = 0;

  constructor() {
    super();
    this._words = '';
    this._found = /** @type {import('../xmpp/read.js').Found | null} */ (null);
    this._busy = false;
    this._error = '';
    this._here = false;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
  }

  /** @param {string} [typed] to look for at once @param {boolean} [here] in the topic that is open alone */
  open(typed = '', here = false) {
    const field = /** @type {HTMLInputElement} */ (this.querySelector('#search'));
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#scope(here && Boolean(this.app.topic));
    field.focus();
    if (typed) this.#type((field.value = typed));
    else field.select(); // at once: what is typed next must stay
  }

  #close() {
    this.#dialog.close();
  }

  #scope(here) {
    if (here === this._here) return;
    this._here = here;
    this._found = null;
    if (this._words.trim()) this.#look();
  }

  /** Where one may go without looking anything up. */
  get #jumps() {
    return this._here ? [] : jumps(this.app.client.topics.values(), this._words, this.app.recent);
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
      const found = await search(this.app.client, words, { after: before.length, topic: this._here ? this.app.topic?.id : '' });
      if (asked === this.#asked) this._found = { ...found, hits: [...before, ...found.hits] };
    } catch (error) {
      if (asked === this.#asked) this._error = failure(error, t`Nothing was searched.`);
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
    const field = /** @type {HTMLInputElement} */ (this.querySelector('#search'));
    if ((event.ctrlKey || event.metaKey) && event.key === 'k') { // the other way about
      event.preventDefault();
      this.#scope(!this._here && Boolean(this.app.topic));
    } else if (event.target !== field && event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey) field.focus(); // it types on
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter' && event.target.id === 'search') {
      event.preventDefault();
      clearTimeout(this.#timer);
      const first = /** @type {HTMLElement | null} */ (this.querySelector('.hits a, .hits button'));
      if (first && (!this._busy || !first.matches('[data-testid=hit]'))) first.click();
      else this.#look();
    }
    if (!step) return;
    const stops = /** @type {(Element | null)[]} */ ([field, ...this.querySelectorAll('.hits a, .hits button')]);
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
      <span class="of">${icon(hit.kind === 'document' ? 'record' : 'talk')}<b dir="auto">${hit.name}</b><small>${hit.kind === 'document' ? t`Document` : hit.by}${when ? html`, <time>${when}</time>` : nothing}</small></span>
      <p dir="auto" class=${hit.kind}>${words}</p></a></li>`;
  }

  #jump(topic) {
    const { app } = this;
    const stale = app.session.state !== 'online';
    const live = topic.state === 'live' && !stale && !topic.empty;
    return html`<li><a class="jump" href="#/t/${topic.id}" data-testid="jump" @click=${() => { this.#close(); app.go('talk'); }}>${stateMark(topic.state, stale || topic.empty)}<b dir="auto">${topic.name}</b>
      <small>${live ? html`<span class="lv">${t`Live`}</span>, ` : nothing}${topicLine(topic, app.now)}</small></a></li>`;
  }

  // What nobody talks about yet.
  #fresh() {
    const words = this._words.trim();
    if (this._here || !words || this.app.isGuest) return nothing;
    const run = () => { this.#close(); this.app.wish(words); };
    return html`<li><button class="jump" type="button" data-testid="as-new" @click=${run}>${icon('plus')}<b dir="auto">${words}</b><small>${readWish(words).addresses.length ? t`Invite` : t`New topic`}</small></button></li>`;
  }

  #scopes() {
    const { topic } = this.app;
    if (!topic) return nothing;
    const one = (here, words) => html`<button class="btn s quiet" type="button" aria-pressed=${here === this._here} @click=${() => { this.#scope(here); /** @type {any} */ (this.querySelector('#search')).focus(); }}>${words}</button>`;
    return html`<div class="scopes" role="group" aria-label=${t`Where to look`}>${one(false, t`Everywhere`)}${one(true, t`In ${html`<span dir="auto">${topic.name}</span>`}`)}</div>`;
  }

  #state() {
    const found = this._found;
    const n = this.app.client.topics.size;
    if (this._error) return this._error;
    if (!found) return this._here ? t`All words must be there; each may go on.` : t`A topic, somebody in it, or words that were said or kept.`;
    if (this._here && !found.total) return t`Nothing about “${this._words.trim()}” in “${this.app.topic?.name}”.`;
    if (!found.total) return plural(n, 'Nothing about “{1}” in what was said in # topic or the archive.', 'Nothing about “{1}” in what was said in # topics or the archive.', this._words.trim());
    const words = plural(found.total, '# result.', '# results.');
    return found.behind ? `${words} ${t`What was said in the last minutes may be missing.`}` : words;
  }

  render() {
    if (!this.app) return nothing;
    const found = this._found;
    const asked = readWish(this._words).addresses.length;
    const topics = this.#jumps;
    const places = html`${asked ? this.#fresh() : nothing}${topics.map((topic) => this.#jump(topic))}${asked ? nothing : this.#fresh()}`;
    return html`<dialog class="one search" aria-labelledby="search-label" @keydown=${this.#key}>
      <div class="in"><label for="search" id="search-label">${t`Search or jump`}</label><button class="ico" type="button" aria-label=${t`Close`} @click=${this.#close}>${icon('close')}</button>
        <input id="search" type="search" autocomplete="off" enterkeyhint="search" .value=${this._words} @input=${(event) => this.#type(event.target.value)}>
        <p class="hint" role="status" data-testid="search-state">${this.#state()}</p>${this.#scopes()}</div>
      ${topics.length || (this._words.trim() && !this._here && !this.app.isGuest) ? html`<ul class="hits places" aria-label=${this._words.trim() ? t`Topics` : t`Last open`}>${places}</ul>` : nothing}
      ${found?.hits.length ? html`<ul class="hits" aria-label=${t`Results`} aria-busy=${this._busy}>${found.hits.map((hit) => this.#hit(hit))}</ul>
        ${found.hits.length < found.total ? html`<div class="end"><span></span><button class="btn" type="button" @click=${() => this.#look(true)}>${t`More results`}</button></div>` : nothing}` : nothing}</dialog>`;
  }
}

customElements.define('ccm-search', Search);
