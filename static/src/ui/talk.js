/**
 * The conversation of one topic: the log with its tabs on the spine, who writes, and the composer.
 *
 * Follows the end only if it was there; opens at the first unread; however long the talk is, so many rows at most stand in
 * the page (log-window.js).
 */
import { html, nothing } from 'lit';
import { list } from '../words.js';
import { plural, t } from '../words/language.js';
import './composer.js';
import { icon } from './icons.js';
import { emptyLog, logRows } from './log-rows.js';
import { LogEnd } from './log-end.js';
import { LogWindow } from './log-window.js';
import { keptLine } from './message.js';
import { agendaLine } from './missed.js';
import { PlainElement } from './plain.js';
import { tabsOf } from './spine.js';
import { agree } from './talk-cards.js';

const NEAR = 240;
const KINDS = { a: 'action', d: 'decision', q: 'question' };

class Talk extends PlainElement {
  static properties = { app: { attribute: false }, tick: { type: Number } };

  /** Key of the message whose reaction is being chosen. */ picking = '';
  #window = new LogWindow();
  #bottom = new LogEnd();
  #room = '';
  #firstNew = '';
  #arrived = /** @type {{id: string, at: Date} | null} */ (null);
  #opened = false;
  #below = 0;
  /** The newest message there was. */ #seen = /** @type {any} */ (null);
  #wanted = '';
  #hot = '';
  #focused = '';
  #picker = /** @type {Function | null} */ (null);

  // The end stays in view when the keyboard comes, a toast rises or the column changes.
  #resized = new ResizeObserver(() => {
    const log = this.#log;
    if (!log) return;
    log.style.setProperty('--bar', `${log.offsetWidth - log.clientWidth}px`);
    if (this.#bottom.pulls(this.#seen, log)) this.#bottom.go(log);
    else this.#bottom.drawn(log);
  });

  connectedCallback() {
    super.connectedCallback();
    this.app?.reading.listen();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  get #log() {
    return /** @type {HTMLElement | null} */ (this.querySelector('.log'));
  }

  get #composer() {
    return /** @type {any} */ (this.querySelector('ccm-composer'));
  }

  #turnTo(room) {
    Object.assign(this, { picking: '' });
    this.#room = room.jid;
    this.#window.follow();
    this.#bottom = new LogEnd();
    this.#opened = false;
    this.#below = 0;
    this.#seen = null;
    this.#firstNew = '';
    this.#arrived = null;
    this.#wanted = '';
    this.#hot = '';
    this.#focused = '';
  }

  willUpdate() {
    this.app.reading.listen();
    const { room } = this.app;
    if (room && room.jid !== this.#room) this.#turnTo(room);
    const at = this.#seen ? (room?.log.lastIndexOf(this.#seen) ?? -1) : -1;
    if (at >= 0 && !this.#bottom.there) this.#below += room.log.slice(at + 1).filter((line) => !line.mine).length;
    this.#seen = room?.log.at(-1) ?? null;
    if (room?.state !== 'in' || room.catchingUp || !this.app.reading.settled) return;
    if (!this.#firstNew || (this.#firstNew === '-' && document.hidden)) this.#firstNew = this.app.reading.firstUnread(room) || '-';
    this.#arrived ??= { id: this.app.reading.knows(room) ? '' : (room.log.at(-1)?.id ?? ''), at: new Date() };
  }

  updated() {
    const log = this.#log;
    const { route, room } = this.app;
    if (!log || !room) return;
    this.#resized.observe(log);
    const wanted = route.kind === 'm' ? route.target : '';
    if (wanted && wanted !== this.#wanted) this.#find(wanted);
    else if (!wanted) this.#wanted = '';
    if (!this.#opened && this.#firstNew) this.#open(wanted);
    if (!(wanted && this.#wanted !== wanted) && this.#bottom.pulls(this.#seen, log)) {
      this.#bottom.go(log);
      this.#below = 0;
    } else this.#bottom.drawn(log);
    this.app.reading.look(room, () => this.#lastVisible());
  }

  // What is new may be more than fits: then one begins at its beginning.
  async #open(wanted) {
    this.#opened = true;
    const { room } = this.app;
    if (wanted || this.#firstNew === '-') return;
    const index = room.lines.findIndex((line) => line.id === this.#firstNew);
    if (index < 0) return;
    this.#window.around(room.lines, index);
    this.requestUpdate();
    await this.updateComplete;
    const log = this.#log;
    const mark = /** @type {HTMLElement | null} */ (this.querySelector('#new'));
    if (!log || !mark || log.scrollHeight - mark.offsetTop <= log.clientHeight) {
      this.#end();
      return;
    }
    this.#bottom.there = false;
    log.scrollTop = mark.offsetTop - 12;
  }

  // Bring words into view, from the archive if need be.
  async #find(id) {
    const { room } = this.app;
    if (!room) return;
    const index = room.lines.findIndex((line) => line.id === id);
    if (index < 0) {
      if (room.state !== 'in' || room.catchingUp || room.loading) return;
      if (!room.complete) return void (await room.older());
      this.#wanted = id;
      this.app.notes.tell({ text: t`That message is no longer in the talk. Whoever said it may have withdrawn it.` });
      return;
    }
    this.#wanted = id;
    const { from, to } = this.#window.range(room.lines);
    if (index < from || index >= to) this.#window.around(room.lines, index);
    else this.#window.stay(room.lines);
    this.requestUpdate();
    await this.updateComplete;
    const row = /** @type {HTMLElement | null} */ (this.querySelector(`[data-id="${CSS.escape(id)}"]`));
    this.#bottom.there = false;
    row?.scrollIntoView({ block: 'center' });
    row?.focus({ preventScroll: true });
  }

  /** Go to a message again, though the address names it already. @param {string} id */
  seek(id) {
    if (this.app.route.target !== id) return;
    this.#wanted = '';
    this.requestUpdate();
  }

  // -- scrolling

  #scrolled() {
    const log = this.#log;
    const { room } = this.app;
    if (!log || !room) return;
    const { to } = this.#window.range(room.lines);
    const left = log.scrollHeight - log.scrollTop - log.clientHeight;
    const was = this.#bottom.there;
    this.#bottom.scrolled(log, to >= room.lines.length);
    if (this.#bottom.there && !was) {
      this.#window.follow();
      this.#below = 0;
      this.requestUpdate();
    } else if (!this.#bottom.there && was) {
      this.#window.stay(room.lines);
      this.requestUpdate(); // the way back is offered
    }
    this.app.reading.look(room, () => this.#lastVisible());
    if (log.scrollTop < NEAR) this.#up();
    else if (left < NEAR && to < room.lines.length) this.#keeping(() => this.#window.down(room.lines));
  }

  async #up() {
    const { room } = this.app;
    if (this.#window.range(room.lines).from) await this.#keeping(() => this.#window.up(room.lines));
    else if (!room.complete && !room.loading) {
      this.#window.stay(room.lines);
      await room.older();
      await this.#keeping(() => this.#window.up(room.lines));
    }
  }

  // Other rows come and go, and what is read stays where it stands.
  async #keeping(change) {
    const log = this.#log;
    if (!log) return;
    const top = log.getBoundingClientRect().top;
    const rows = [.../** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll('.msg'))];
    const row = rows.find((one) => one.getBoundingClientRect().bottom > top);
    const before = row?.getBoundingClientRect().bottom ?? 0; // its head may go with the rows above
    if (!change()) return;
    this.#bottom.there = false;
    this.requestUpdate();
    await this.updateComplete;
    const same = row?.dataset.key ? this.querySelector(`[data-key="${CSS.escape(row.dataset.key)}"]`) : null;
    if (same) log.scrollTop += same.getBoundingClientRect().bottom - before;
  }

  #end() {
    const log = this.#log;
    this.#window.follow();
    this.#bottom.there = true;
    this.#below = 0;
    this.requestUpdate();
    this.updateComplete.then(() => { if (log) this.#bottom.go(log); });
  }

  /** Something was said here. */
  said() {
    this.#firstNew = '-';
    this.#arrived = { id: '', at: new Date() };
    this.#end();
  }

  // Up to which message everything was on the screen.
  #lastVisible() {
    const log = this.#log;
    if (!log?.clientHeight) return '';
    const bottom = log.getBoundingClientRect().bottom + 8;
    const rows = /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll('.msg[data-id]'));
    for (let i = rows.length - 1; i >= 0; i -= 1) if (rows[i].getBoundingClientRect().bottom <= bottom) return rows[i].dataset.id ?? '';
    return '';
  }

  // -- the message that is pointed at

  isActive(line) {
    return line.key === this.#hot || line.key === this.#focused || line.key === this.picking;
  }

  /** A menu opens where there is room for it. @param {any} event toggle of its details */
  unfold({ currentTarget: menu }) {
    const list = menu.querySelector('menu');
    menu.classList.remove('up');
    list.style.translate = '';
    const log = this.#log?.getBoundingClientRect();
    if (!menu.open || !log) return;
    const { top, bottom } = list.getBoundingClientRect();
    menu.classList.toggle('up', bottom > log.bottom && top - log.top > log.bottom - top);
    const placed = list.getBoundingClientRect();
    list.style.translate = `0 ${Math.max(0, log.top - placed.top) || Math.min(0, log.bottom - placed.bottom)}px`;
  }

  #point(event) {
    if (event.pointerType === 'touch') return;
    const key = event.type === 'pointerleave' ? '' : (event.target.closest?.('.msg')?.dataset.key ?? '');
    if (key === this.#hot || (!key && this.querySelector('.tools details[open]'))) return;
    this.#hot = key;
    this.requestUpdate();
  }

  #focus(event) {
    const key = event.type === 'focusout' ? (event.relatedTarget?.closest?.('.msg')?.dataset.key ?? '') : (event.target.closest('.msg')?.dataset.key ?? '');
    if (key === this.#focused) return;
    this.#focused = key;
    if (key !== this.picking) this.picking = '';
    this.requestUpdate();
  }

  /** @param {any} event of a finger that stays */
  #pressed(event) {
    const row = event.pointerType === 'touch' && event.target.closest('.msg');
    if (row) row.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event roving focus on messages, and what can be done with the one that has it */
  #move(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const on = target.matches('.msg') ? this.app.room.lines.find((line) => line.key === target.dataset.key) : null;
    if (event.key === 'Enter' && on) {
      const menu = /** @type {HTMLElement | null} */ (target.querySelector('.own > summary'));
      event.preventDefault();
      menu?.click();
      menu?.focus();
      return;
    }
    if (on && this.#letter(event, on)) return event.preventDefault();
    if (target.closest('input, textarea, menu, summary')) return;
    const rows = /** @type {HTMLElement[]} */ ([...this.querySelectorAll('.msg:not(.told)')]);
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement?.closest('.msg')));
    const to = { ArrowUp: at < 0 ? rows.length - 1 : at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined || !rows[to]) return;
    event.preventDefault();
    rows[to].focus();
  }

  #letter(event, line) {
    if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem('ccm-letters') === 'off') return false;
    const key = event.key.toLowerCase();
    if (key === 'o') {
      const tab = tabsOf(this.app.client.outcomes.get(this.app.topic.id)).get(line.id)?.[0];
      if (!tab) return false;
      location.hash = `#/t/${this.app.topic.id}/o/${encodeURIComponent(tab.target)}`;
      this.app.go('outcome');
      return true;
    }
    if (!line.id || line.withdrawn || this.app.room.state !== 'in') return false;
    if (key === 'r') this.answer(line);
    else if (key === 'e') this.pick(line);
    else if (KINDS[key]) this.keep(line, KINDS[key]);
    else return false;
    return true;
  }

  // -- what is done with it

  /** @param {any} line */
  answer(line) {
    this.#composer?.answer(line);
  }

  /** @param {any} line whose reaction is to be chosen */
  async pick(line) {
    const { picker } = await import('./picker.js');
    this.#picker = picker;
    this.picking = this.picking === line.key ? '' : line.key;
    this.requestUpdate();
    await this.updateComplete;
    const first = /** @type {HTMLElement | null} */ (this.querySelector('.picker button'));
    first?.focus();
    first?.closest('.picker')?.scrollIntoView({ block: 'nearest' });
  }

  pickerView(line) {
    const close = () => {
      this.picking = '';
      this.requestUpdate();
      /** @type {HTMLElement | null} */ (this.querySelector(`[data-key="${CSS.escape(line.key)}"]`))?.focus();
    };
    return this.#picker?.(line, this.app.room.nick, (word) => { agree(this.app, line, word); this.app.room.react(line, word); close(); }, close) ?? nothing;
  }

  /** Say it once more as what it is to be. The reporter hears that. @param {any} line @param {string} kind, or an attribute */
  keep(line, kind) {
    const words = keptLine(line, kind, Object.values(KINDS).includes(kind));
    this.app.room.say(words, undefined, { reply: { id: line.id, nick: line.nick, words: '' } });
    this.#end();
  }

  // -- what is seen

  #typing() {
    const names = [...(this.app.room?.typing ?? [])];
    if (!names.length) return nothing;
    return names.length > 3 ? t`Several people are writing…` : plural(names.length, '{1} is writing…', '{1} are writing…', list(names));
  }

  #dropped(event) {
    event.preventDefault();
    this.classList.remove('dropping');
    this.#composer?.attach(event.dataTransfer.files);
  }

  #dragged(event) {
    const files = event.type === 'dragover' && event.dataTransfer.types.includes('Files');
    if (files) event.preventDefault();
    this.classList.toggle('dropping', files);
  }

  render() {
    const { app } = this;
    const { room } = app;
    if (!app.topic || !room) return nothing;
    const filled = room.state !== 'joining' || room.log.length > 0;
    const away = room.missed ? html`<span class="vh" role="status">${plural(room.missed, '# message while you were away', '# messages while you were away')}</span>` : nothing;
    const below = this.#below || !this.#window.following;
    return html`${room.onRecord ? nothing : html`<p class="offrec">${icon('lock')}${t`Off the record: I keep nothing.`} ${app.isGuest ? t`“On the record, reporter” brings us back.` : html`<button class="text" type="button" @click=${() => app.deeds.record(app.topic, true)}>${t`Back on the record`}</button>`}</p>`}${agendaLine(app)}
      <div class="scroll log" role=${filled && !room.catchingUp ? 'log' : 'region'} aria-label=${t`Conversation`} aria-busy=${room.catchingUp || room.loading} tabindex="0" @scroll=${this.#scrolled} @keydown=${this.#move}
        @pointerover=${this.#point} @pointerleave=${this.#point} @focusin=${this.#focus} @focusout=${this.#focus} @contextmenu=${this.#pressed} @dragover=${this.#dragged} @dragleave=${this.#dragged} @drop=${this.#dropped}>
        ${room.loading ? html`<div class="ghost" aria-hidden="true"><i></i><i></i><i></i></div>` : nothing}
        ${emptyLog(app)}<ol>${logRows(this, { shown: this.#window, firstNew: this.#firstNew, arrived: this.#arrived })}</ol></div>${away}
      <div class="foot" @dragover=${this.#dragged} @dragleave=${this.#dragged} @drop=${this.#dropped}>${below ? html`<button class="btn more-below s" type="button" @click=${this.#end}>${icon('down')}${this.#below ? t`${this.#below} new` : t`To the end`}</button>` : nothing}
        ${app.toastInFrame ? nothing : app.notes.view()}<p class="typing" aria-live="off">${this.#typing()}</p>${room.state === 'refused' ? html`<p class="closed">${t`Nothing can be written here.`}</p>` : html`<ccm-composer .app=${app} .talk=${this} .tick=${this.tick}></ccm-composer>`}</div>`;
  }
}

customElements.define('ccm-talk', Talk);
