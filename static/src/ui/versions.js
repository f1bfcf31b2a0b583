/**
 * The versions of a document in the pane of the record, and what changed between two, in words. Loaded when asked for.
 */
import { html, nothing } from 'lit';
import { clock, day, failure } from '../words.js';
import { plural, t } from '../words/language.js';
import { changes, versions } from '../xmpp/versions.js';
import { icon } from './icons.js';
import { PlainElement } from './plain.js';
import { stateOf } from './record-state.js';

class Versions extends PlainElement {
  static properties = { app: { attribute: false }, topic: {}, newest: { type: Number }, _list: { state: true }, _changes: { state: true }, _error: { state: true }, _from: { state: true }, _to: { state: true } };

  constructor() {
    super();
    this.topic = '';
    this.newest = 0;
    this._list = /** @type {import('../xmpp/versions.js').Version[] | null} */ (null);
    this._changes = /** @type {import('../xmpp/versions.js').Changes | null} */ (null);
    this._error = '';
    this._from = 0;
    this._to = 0;
  }

  willUpdate(changed) {
    if (changed.has('topic') || changed.has('newest')) this.#load();
  }

  async #load() {
    const { topic } = this;
    this._error = '';
    try {
      const list = await versions(this.app.client, topic);
      if (topic !== this.topic) return;
      this._list = list;
      if (list.length > 1) await this.#compare(list[1].number, list[0].number);
    } catch (error) {
      this._error = failure(error, t`The versions are not here.`);
    }
  }

  async #compare(from, to) {
    [this._from, this._to] = [from, to];
    this._changes = null;
    if (from === to) return;
    try {
      const found = await changes(this.app.client, this.topic, from, to);
      if (found.from === this._from && found.to === this._to) this._changes = found;
    } catch (error) {
      this._error = failure(error, t`What changed is not here.`);
    }
  }

  firstUpdated() {
    /** @type {HTMLElement | null} */ (this.querySelector('h3'))?.focus();
  }

  #close() {
    stateOf(this.app).versions = '';
    this.app.requestUpdate();
    this.app.updateComplete.then(() => this.app.querySelector('[data-testid="versions"]')?.focus());
  }

  #choice(name, value, run) {
    return html`<label><span>${name}</span><select class="field" @change=${(e) => run(Number(e.target.value))}>${(this._list ?? []).map((one) => html`<option value=${one.number} ?selected=${one.number === value}>${t`version ${one.number}`}</option>`)}</select></label>`;
  }

  #row(one, i) {
    const { app } = this;
    const at = one.at ? html`<time datetime=${one.at.toISOString()}>${day(one.at, app.now)}, ${clock(one.at)}</time>` : nothing;
    const url = app.client.outcomes.get(this.topic)?.document || app.topic?.document || '';
    const open = async (event) => {
      const tab = window.open('', '_blank');
      if (!tab) return;
      event.preventDefault();
      tab.opener = null;
      const key = await app.client.reading(this.topic).catch(() => url);
      tab.location.replace(`${key}${key.includes('?') ? '&' : '?'}v=${one.number}`);
    };
    return html`<li data-version=${one.number}><a class="v" href="${url}?v=${one.number}" target="_blank" rel="noopener" @click=${open}>${t`Version ${one.number}`}</a>${i ? nothing : html` <small>${t`newest`}</small>`}
      <p class="hint">${at}${one.by ? html`, ${t`approved by ${html`<b dir="auto">${one.by}</b>`}`}` : nothing}</p>${one.headline ? html`<p class="tells" dir="auto">${one.headline}</p>` : nothing}</li>`;
  }

  #said(part) {
    if (part.kind === 'ins') return html`<ins>${part.text}</ins>`;
    return part.kind === 'del' ? html`<del>${part.text}</del>` : part.text;
  }

  // What was said meanwhile is long and seldom what is asked for.
  #group({ title, rows }) {
    const lines = html`<ul>${rows.map((row) => html`<li dir="auto">${row.map((part) => this.#said(part))}</li>`)}</ul>`;
    if (title === 'Conversation') return html`<details><summary>${plural(rows.length, 'Conversation, # line', 'Conversation, # lines')}</summary>${lines}</details>`;
    return html`<section><h5>${title}</h5>${lines}</section>`;
  }

  #difference() {
    const made = this._changes;
    if (!this._list || this._list.length < 2) return nothing;
    return html`<h4>${t`What changed`}</h4><div class="pick">${this.#choice(t`From`, this._from, (n) => this.#compare(n, this._to))}${this.#choice(t`To`, this._to, (n) => this.#compare(this._from, n))}</div>
      <div role="status" class="diff" data-testid="diff">${this._from === this._to ? html`<p class="hint">${t`Choose two different versions.`}</p>` : !made ? html`<p class="hint">${t`Comparing…`}</p>` : made.groups.length ? made.groups.map((group) => this.#group(group)) : html`<p class="hint">${t`Both versions say the same.`}</p>`}
      ${made?.more ? html`<p class="hint">${t`There is more; open both documents to see it all.`}</p>` : nothing}</div>`;
  }

  render() {
    const list = this._list;
    return html`<div class="versions"><header><h3 tabindex="-1">${list ? plural(list.length, '# version', '# versions') : t`Versions`}</h3><button class="btn s" type="button" data-testid="back" @click=${this.#close}>${icon('reply')}${t`Back to the record`}</button></header>
      ${this._error ? html`<p class="error" role="alert">${this._error}</p>` : list ? html`<ol>${list.map((one, i) => this.#row(one, i))}</ol>${this.#difference()}` : html`<p class="hint" role="status">${t`Looking…`}</p>`}</div>`;
  }
}

customElements.define('ccm-versions', Versions);
