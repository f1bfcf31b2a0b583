/**
 * The draft: the document as it would be published now, on the leaf, each line one click from its words.
 */
import { html, nothing } from 'lit';
import { draft } from '../xmpp/looking.js';
import { day, failure, list, nextMeeting } from '../words.js';
import { plural, t } from '../words/language.js';
import { icon } from './icons.js';
import { PlainElement } from './plain.js';

const lists = () => [
  ['action', t`Actions`, t`No actions were recorded.`, true],
  ['decision', t`Decisions`, t`No decisions were recorded.`, true],
  ['question', t`Open questions`, '', true],
  ['action', t`Possible actions`, '', false],
  ['decision', t`Possible decisions`, '', false],
];

class Preview extends PlainElement {
  static properties = { app: { attribute: false }, tick: { type: Number }, _draft: { state: true }, _error: { state: true } };

  constructor() {
    super();
    this._draft = /** @type {import('../xmpp/read.js').Draft | null} */ (null);
    this._error = '';
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
  }

  async open() {
    this._draft = null;
    this._error = '';
    if (!this.#dialog.open) this.#dialog.showModal();
    try {
      this._draft = await draft(this.app.client, this.app.topic.id);
    } catch (error) {
      this._error = failure(error, t`There is no draft just now.`);
    }
  }

  #close() {
    this.#dialog.close();
  }

  #link(id, words) {
    if (!id) return words;
    const follow = () => { this.#close(); this.app.go('talk'); };
    return html`<a href="#/t/${this.app.topic.id}/m/${encodeURIComponent(id)}" @click=${follow}>${words}</a>`;
  }

  #entries(outcome) {
    const isSure = (e) => !e.found || e.sure;
    return lists().map(([kind, title, none, sure]) => {
      const some = outcome.entries.filter((e) => e.kind === kind && isSure(e) === sure && e.status !== 'rejected');
      if (!some.length && !none) return nothing;
      return html`<h3>${title}</h3>${some.length ? html`<ul>${some.map((e) => html`<li dir="auto">${this.#link(e.source, e.text)}${this.#who(e)}</li>`)}</ul>` : html`<p class="none-said">${none}</p>`}`;
    });
  }

  #who(e) {
    const words = [e.owner || (e.kind === 'action' && t`nobody yet`), e.due && day(new Date(`${e.due}T12:00:00`), this.app.now)].filter(Boolean).join(', ');
    return words ? html` <small>${words}</small>` : nothing;
  }

  #points(made) {
    if (!made.points.length) return nothing;
    return html`<h3>${t`What was talked about`}</h3>${made.points.map((point) => html`<section class="point"><h4 dir="auto">${this.#link(point.source, point.title)}${Number(point.minutes) ? html` <small>${t`${point.minutes} min`}</small>` : nothing}</h4>
      ${point.sentences.length ? html`<p dir="auto">${point.sentences.map((s) => html`${this.#link(s.sources[0], s.text)} `)}</p>` : nothing}</section>`)}`;
  }

  #page(made, outcome) {
    const next = nextMeeting(outcome, this.app.topic, this.app.now);
    return html`<p class="kind">${made.label}${made.version > 1 ? t`, version ${made.version}` : ''}</p><h2 id="preview-title" dir="auto">${made.title}</h2>
      ${made.headline ? html`<p class="headline" dir="auto">${made.headline}</p>` : nothing}
      ${outcome.attributes.filter((a) => a.values.length && !(next && a.name === 'next_meeting')).map((a) => html`<h3 dir="auto">${a.label}</h3>${a.values.map((v) => html`<p dir="auto">${this.#link(v.id, v.text)}</p>`)}`)}
      ${this.#entries(outcome)}${next ? html`<h3>${t`Next meeting`}</h3><p>${next}</p>` : nothing}${this.#points(made)}
      <p class="foot-note">${made.present.length ? html`${t`${list(made.present)} took part.`} ` : nothing}${made.absent.length ? html`${t`${list(made.absent)} did not come.`} ` : nothing}${plural(made.lines, 'The talk follows below it, # line.', 'The talk follows below it, # lines.')}</p>`;
  }

  render() {
    const { app } = this;
    const outcome = app.topic && app.client.outcomes.get(app.topic.id);
    const made = this._draft;
    const publish = () => { this.#close(); app.deeds.publish(app.topic); };
    return html`<dialog class="preview" aria-labelledby=${made ? 'preview-title' : nothing} aria-label=${made ? nothing : t`Draft`}>
      <button class="ico x" type="button" aria-label=${t`Close`} @click=${this.#close}>${icon('close')}</button>
      <div class="leaf" tabindex="0" role="group" aria-label=${t`Draft`}>${made && outcome ? this.#page(made, outcome) : html`<p role="status">${this._error || t`Writing it up…`}</p>`}</div>
      ${made && outcome && !app.isGuest ? html`<div class="end"><p class="hint">${t`Nobody else has seen this draft by your looking at it.`}</p><div class="row"><button class="btn" type="button" @click=${this.#close}>${t`Close`}</button>
        ${outcome.mode === 'interviewing' ? nothing : html`<button class="btn prime" type="button" @click=${publish}>${icon('globe')}${outcome.mode === 'grace' ? t`Approve and publish` : t`Publish`}</button>`}</div></div>` : nothing}</dialog>`;
  }
}

customElements.define('ccm-preview', Preview);
