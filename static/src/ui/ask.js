/**
 * Small dialogues: one value to change, a "sure?" for what cannot be undone, the people of a topic, and the keys.
 */
import { html, nothing } from 'lit';
import { failure } from '../words.js';
import { icon, mark } from './icons.js';
import { PlainElement, initial, tint } from './plain.js';

const KEYS = [
  ['N', 'New topic or invitation'], ['Alt ↑ ↓', 'Topic before, after'], ['Alt 1 2 3', 'Topics, talk, outcome'], ['Enter', 'Send'], ['Shift Enter', 'Break the line'],
  ['↑ ↓ Home End', 'From message to message'], ['Alt Z', 'Undo the last correction'], ['Esc', 'Close, then write'], ['?', 'These keys'],
];
const STATES = { offered: 'Invited', accepted: 'Is coming', tentative: 'May come', declined: 'Is not coming', joined: 'Has joined', bounced: 'The mail came back', expired: 'Did not answer', revoked: 'Taken back' };

/**
 * @typedef {{kind: 'value', title: string, label: string, value: string, verb: string, hint?: string, run: (value: string) => Promise<any>, what: string}
 *   | {kind: 'sure', title: string, text: string, verb: string, run: () => Promise<any>, what: string}
 *   | {kind: 'people'} | {kind: 'keys'}} Question
 */
class Ask extends PlainElement {
  static properties = { app: { attribute: false }, tick: { type: Number }, _q: { state: true }, _busy: { state: true }, _error: { state: true } };

  constructor() {
    super();
    this._q = /** @type {any} */ (null);
    this._busy = false;
    this._error = '';
  }

  /** @param {Question} question */
  async open(question) {
    this._q = question;
    this._error = '';
    this._busy = false;
    await this.updateComplete;
    const dialog = /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
    if (!dialog.open) dialog.showModal();
    const field = /** @type {HTMLInputElement | null} */ (this.querySelector('input'));
    field?.select();
  }

  #close() {
    /** @type {HTMLDialogElement} */ (this.querySelector('dialog')).close();
  }

  async #run(event) {
    event.preventDefault();
    if (this._busy) return;
    this._busy = true;
    try {
      await this._q.run(String(new FormData(event.target).get('value') ?? '').trim());
      this.#close();
    } catch (error) {
      this._error = failure(error, this._q.what);
    } finally {
      this._busy = false;
    }
  }

  #value(q) {
    return html`<form class="panel" @submit=${this.#run}><header><h2 id="ask-title">${q.title}</h2>${this.#x()}</header>
      ${q.kind === 'sure' ? html`<p>${q.text}</p>` : html`<div><label class="l" for="ask-value">${q.label}</label>
        <input class="field" id="ask-value" name="value" .value=${q.value} autocomplete="off">${q.hint ? html`<p class="hint">${q.hint}</p>` : nothing}</div>`}
      <p role="alert" class="error">${this._error}</p>
      <div class="row"><button class="btn" type="button" @click=${this.#close}>Leave it</button><button class="btn ${q.kind === 'sure' ? 'danger' : 'prime'}" type="submit">${this._busy ? 'One moment…' : q.verb}</button></div></form>`;
  }

  #x() {
    return html`<button class="ico" type="button" aria-label="Close" @click=${this.#close}>${icon('close')}</button>`;
  }

  #people() {
    const { room, topic } = this.app;
    const here = [...(room?.occupants.values() ?? [])].sort((a, b) => a.nick.localeCompare(b.nick));
    const invited = (topic?.invitees ?? []).filter((i) => i.state !== 'revoked' && !(i.state === 'joined' && here.some((o) => o.jid && o.jid === i.jid)));
    return html`<div class="panel"><header><h2 id="ask-title">People</h2>${this.#x()}</header>
      <div><h3>Here now</h3><ul>${here.map((o) => {
        const reporter = this.app.isReporter(room, o.nick);
        return html`<li class="person"><span class="av ${reporter ? 'r' : tint(o.nick)}" aria-hidden="true">${reporter ? mark() : initial(o.nick)}</span>
          <div><b dir="auto">${o.nick}${o.nick === room.nick ? ', you' : ''}</b><small>${reporter ? 'Keeps decisions, actions and questions' : o.affiliation === 'owner' ? 'Owner' : 'Takes part'}</small></div></li>`;
      })}</ul></div>
      ${invited.length ? html`<div><h3>Invited</h3><ul>${invited.map((i) => html`<li class="person" data-testid="invitee" data-state=${i.state}>
        <span class="av ${tint(i.name || i.address)}" aria-hidden="true">${initial(i.name || i.address || '?')}</span>
        <div><b dir="auto">${i.name || i.address || 'A guest'}</b><small class=${i.state === 'bounced' ? 'bad' : ''}>${STATES[i.state] ?? i.state}${i.reason ? `: ${i.reason}` : ''}${i.name && i.address ? `, ${i.address}` : ''}</small></div>
        ${this.app.isOwner && i.id && i.state !== 'joined' ? html`<button class="btn quiet s" type="button" @click=${() => this.app.revoke(i)}>Take back</button>` : nothing}</li>`)}</ul></div>` : nothing}
      <div class="row"><button class="btn prime" type="button" @click=${() => { this.#close(); this.app.wish('', topic); }}>${icon('people')}Invite</button></div></div>`;
  }

  render() {
    const q = this._q;
    const body = !q ? nothing : q.kind === 'people' ? this.#people() : q.kind === 'keys'
      ? html`<div class="panel"><header><h2 id="ask-title">Keys</h2>${this.#x()}</header><dl class="keys">${KEYS.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`)}</dl></div>`
      : this.#value(q);
    return html`<dialog class="small" aria-labelledby="ask-title" @close=${() => { this._q = null; }}>${body}</dialog>`;
  }
}

customElements.define('ccm-ask', Ask);
