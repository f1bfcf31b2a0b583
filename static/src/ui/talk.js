/**
 * The conversation of one topic: the log with its tabs on the spine, who writes, and the composer.
 *
 * Follows the end only if it was there; opens at the first unread; shows at most some hundred lines and more on the way up.
 */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { clock, count, daysBetween, list, longDay, when } from '../words.js';
import { icon, mark } from './icons.js';
import { isReporter } from './people.js';
import { PlainElement, initial, tint } from './plain.js';
import { tabsOf } from './spine.js';

const GROUP_MS = 5 * 60_000;
const STEP = 120;
const TYPING_MS = 4000;
const URL = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]]/gu;

class Talk extends PlainElement {
  static properties = { app: { attribute: false }, tick: { type: Number } };

  #atEnd = true;
  #limit = STEP;
  #room = '';
  #firstNew = '';
  #below = 0;
  #seen = 0;
  #lastTyped = 0;
  #wanted = '';

  // The end stays in view when the keyboard comes, a toast rises or the column changes.
  #resized = new ResizeObserver(() => {
    const log = this.#log;
    if (log && this.#atEnd) log.scrollTop = log.scrollHeight;
  });

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  get #log() {
    return /** @type {HTMLElement | null} */ (this.querySelector('.log'));
  }

  willUpdate() {
    const log = this.#log;
    const { room } = this.app;
    if (room && room.jid !== this.#room) {
      this.#room = room.jid;
      this.#limit = STEP;
      this.#atEnd = true;
      this.#below = 0;
      this.#seen = 0;
      this.#firstNew = '';
      this.#wanted = '';
    }
    const lines = room?.lines ?? [];
    if (this.#seen && !this.#atEnd && lines.length > this.#seen) this.#below += lines.length - this.#seen;
    if (!this.#firstNew && room?.state === 'in' && !room.catchingUp) this.#firstNew = this.app.reading.firstUnread(room) || '-';
    this.#seen = lines.length;
  }

  updated() {
    const log = this.#log;
    const { route, room } = this.app;
    if (!log) return;
    this.#resized.observe(log);
    const wanted = route.kind === 'm' ? route.target : '';
    if (wanted && wanted !== this.#wanted) this.#find(wanted);
    else if (!wanted) this.#wanted = '';
    if (this.#atEnd && !(wanted && this.#wanted !== wanted)) {
      log.scrollTop = log.scrollHeight;
      this.#below = 0;
      if (room) this.app.reading.seen(room);
    }
  }

  // Bring the words behind an entry into view, from the archive if need be.
  async #find(id) {
    const { room } = this.app;
    if (!room) return;
    const index = room.lines.findIndex((line) => line.id === id);
    if (index < 0) {
      if (room.state === 'in' && !room.catchingUp && !room.complete && !room.loading) await room.older();
      return;
    }
    this.#wanted = id;
    this.#limit = Math.max(this.#limit, room.lines.length - index + 20);
    this.requestUpdate();
    await this.updateComplete;
    const row = this.querySelector(`[data-id="${CSS.escape(id)}"]`);
    this.#atEnd = false;
    row?.scrollIntoView({ block: 'center' });
    /** @type {HTMLElement | null} */ (row)?.focus({ preventScroll: true });
  }

  #scrolled() {
    const log = this.#log;
    if (!log) return;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    this.#atEnd = atEnd;
    if (atEnd && this.#below) {
      this.#below = 0;
      this.requestUpdate();
    }
    if (atEnd && this.app.room) this.app.reading.seen(this.app.room);
    if (log.scrollTop < 200) this.#up();
  }

  async #up() {
    const { room } = this.app;
    const log = this.#log;
    if (!room || !log) return;
    const fromEnd = log.scrollHeight - log.scrollTop;
    if (room.lines.length > this.#limit) this.#limit += STEP;
    else if (!room.complete && !room.loading) await room.older();
    else return;
    this.#atEnd = false;
    this.requestUpdate();
    await this.updateComplete;
    log.scrollTop = log.scrollHeight - fromEnd;
  }

  #end() {
    const log = this.#log;
    if (log) log.scrollTop = log.scrollHeight;
    this.#below = 0;
    this.requestUpdate();
  }

  /** @param {KeyboardEvent} event roving focus on messages */
  #move(event) {
    if (event.key === 'Enter' && event.target instanceof HTMLElement && event.target.matches('.msg')) {
      const menu = /** @type {HTMLElement | null} */ (event.target.querySelector('.own > summary'));
      event.preventDefault();
      menu?.click();
      menu?.focus();
      return;
    }
    const rows = /** @type {HTMLElement[]} */ ([...this.querySelectorAll('.msg')]);
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowUp: at < 0 ? rows.length - 1 : at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined || !rows[to]) return;
    event.preventDefault();
    rows[to].focus();
  }

  // -- one line

  #body(text) {
    const { room } = this.app;
    const found = [];
    let from = 0;
    for (const match of text.matchAll(URL)) {
      found.push(this.#names(text.slice(from, match.index), room), html`<a href=${match[0]} target="_blank" rel="noopener noreferrer">${match[0]}</a>`);
      from = match.index + match[0].length;
    }
    found.push(this.#names(text.slice(from), room));
    return found;
  }

  #names(text, room) {
    const names = [...room.occupants.keys()].filter((n) => n.length > 1).map((n) => n.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&'));
    if (!names.length || !text.includes('@')) return text;
    return text.split(new RegExp(`(@(?:${names.join('|')}))(?![\\p{L}\\p{N}])`, 'gu')).map((part, i) => (i % 2 ? html`<span class="at">${part}</span>` : part));
  }

  #state(line) {
    const { room } = this.app;
    if (line.state === 'sending') return html`<span class="state">${icon('clock')}Sending…</span>`;
    if (line.state === 'slow') return html`<span class="state">${icon('clock')}Still sending.</span>`;
    if (line.state === 'kept') return html`<span class="state">${icon('clock')}Kept here, goes out when you are back</span>`;
    if (line.state === 'failed') {
      return html`<span class="state bad">${icon('alert')}Not sent. ${line.why || 'Your words are here.'}
        <button class="text" type="button" @click=${() => room.retry(line)}>Try again</button>
        <button class="text" type="button" @click=${() => this.app.deeds.copy(line.body)}>Copy</button>
        <button class="text" type="button" @click=${() => room.discard(line)}>Remove</button></span>`;
    }
    return nothing;
  }

  // The reporter's own mark says what the tab beside the message says already.
  #reactions(line, kept) {
    const { room } = this.app;
    const shown = [...line.reactions].filter(([, who]) => !kept || [...who].some((nick) => !isReporter(this.app, room, nick)));
    if (!shown.length) return nothing;
    return html`<div class="rx">${shown.map(([word, who]) => html`<button type="button" aria-pressed=${who.has(room.nick)}
      aria-label="${word} ${count(who.size, 'person', 'people')}${who.has(room.nick) ? ', you too' : ''}" title=${list([...who])} @click=${() => room.react(line, word)}>${word} <span class="num">${who.size}</span></button>`)}</div>`;
  }

  // The reporter's question during the interview stands on the leaf, as what it will become.
  #asked(line, outcome) {
    const attribute = outcome?.attributes.find((a) => a.question && line.body.includes(a.question));
    if (!attribute) return null;
    const lead = line.body.slice(0, line.body.indexOf(attribute.question)).trim();
    const answer = attribute.values.at(-1);
    const open = outcome.mode === 'interviewing' && outcome.asking === attribute.name;
    return html`${lead ? html`<p dir="auto">${lead}</p>` : nothing}<div class="prop" role="group" aria-label="Question for ${attribute.label}">
      <div class="t"><span class="mark open" aria-hidden="true">¶</span><p dir="auto">${attribute.question}</p></div>
      ${open ? html`<p class="hint">For “${attribute.label}”. Anyone may answer: just write. “Skip” and “stop” work too.</p>` : nothing}
      ${!open && answer ? html`<p class="hint"><span class="state">${icon('check')}${answer.by} answered${answer.at ? ` at ${clock(answer.at)}` : ''}</span></p>` : nothing}</div>`;
  }

  #isOwn = (line) => line.mine && line.id && !line.withdrawn && this.app.room.state === 'in' && this.app.session.state === 'online';

  // Reached by its message: a hundred stops on the way to the composer are too many.
  #own(line) {
    if (!this.#isOwn(line)) return nothing;
    const { app } = this;
    const { lines } = app.room;
    const item = (sign, words, run, kind = '') => html`<li><button class=${kind} type="button" @click=${(e) => app.menu(e, run)}>${icon(sign)}${words}</button></li>`;
    return html`<details class="menu own ${lines.length > 3 && line.at >= lines.at(-3).at ? 'up' : ''}"><summary class="ico" tabindex="-1" aria-label="Change your message of ${clock(line.at)}">${icon('more')}</summary>
      <menu>${item('pen', 'Edit', () => app.deeds.edit(line))}${item('close', 'Withdraw', () => app.deeds.withdraw(line), 'danger')}</menu></details>`;
  }

  #line(line, before, tabs, outcome) {
    const { room, route, topic } = this.app;
    const same = before && before.nick === line.nick && line.at - before.at < GROUP_MS && !daysBetween(line.at, before.at) && before.offRecord === line.offRecord;
    const reporter = isReporter(this.app, room, line.nick);
    const occupant = room.occupants.get(line.nick);
    const role = occupant?.affiliation === 'owner' && !reporter ? 'owner' : '';
    const called = !line.mine && this.app.reading.mentions(line);
    const at = html`<time datetime=${line.at.toISOString()} title=${when(line.at, this.app.now)}>${clock(line.at)}</time>`;
    const name = html`<b dir="auto">${line.nick}</b>`;
    const classes = `msg ${same ? 'same' : ''} ${line.offRecord ? 'off' : ''} ${called ? 'called' : ''} ${route.kind === 'm' && route.target === line.id ? 'found' : ''}`;
    const words = line.withdrawn ? html`<p class="hint">${line.nick} withdrew this.</p>` : (reporter && this.#asked(line, outcome)) || html`<p dir="auto">${this.#body(line.body)}</p>`;
    return html`<li class=${classes} tabindex="-1" data-testid="message" data-id=${line.id || nothing} data-state=${line.state} data-mine=${String(line.mine)} data-nick=${line.nick}>
      <span class="av ${reporter ? 'r' : tint(line.nick)}" aria-hidden="true">${reporter ? mark() : initial(line.nick)}</span>
      <div>${same ? html`<span class="vh">${name} ${at}</span>` : html`<div class="who">${name}${role ? html`<span class="role">${role}</span>` : nothing}${at}</div>`}
        ${words}${line.edited && !line.withdrawn ? html`<span class="state">${icon('pen')}edited</span>` : nothing}
        ${line.offRecord && line.state === 'sent' ? html`<span class="state">${icon('lock')}off the record</span>` : nothing}
        ${this.#reactions(line, tabs.has(line.id))}${this.#state(line)}</div>
      <div class="m">${(tabs.get(line.id) ?? []).map((tab) => html`<a class="mark ${tab.kind} ${tab.open ? 'open' : ''} ${route.kind === 'o' && route.target === tab.target ? 'lit' : ''}" aria-label=${tab.name}
        href="#/t/${topic.id}/o/${encodeURIComponent(tab.target)}" @click=${() => this.app.go('outcome')}><span>${tab.label}</span></a>`)}</div>${this.#own(line)}</li>`;
  }

  #rows() {
    const { app } = this;
    const { room, topic } = app;
    const outcome = app.client.outcomes.get(topic.id);
    const tabs = tabsOf(outcome);
    const all = room.lines;
    const lines = all.slice(-this.#limit);
    const notes = app.notes.of(topic.id).filter((n) => !lines.length || n.at >= lines[0].at || all.length <= this.#limit);
    const items = [...lines.map((line) => ({ at: line.at, key: line.key, line })), ...notes.map((note) => ({ at: note.at, key: `n${+note.at}${note.text}`, note }))];
    if (notes.length) items.sort((a, b) => a.at - b.at);
    let before = /** @type {any} */ (null);
    let dayBefore = /** @type {Date | null} */ (null);
    const rows = [];
    for (const item of items) {
      if (!dayBefore || daysBetween(item.at, dayBefore)) {
        rows.push({ key: `d${item.at.toDateString()}`, view: html`<li class="day">${longDay(item.at)}</li>` });
        before = null;
      }
      dayBefore = item.at;
      if (item.line && item.line.id && item.line.id === this.#firstNew) {
        rows.push({ key: 'new', view: html`<li class="day fresh" id="new">New since ${clock(item.at)}</li>` });
        before = null;
      }
      if (item.note) {
        rows.push({ key: item.key, view: html`<li class="sys"><span dir="auto">${item.note.text}</span> ${app.notes.actions(item.note)}</li>` });
        before = null;
      } else {
        rows.push({ key: item.key, view: this.#line(item.line, before, tabs, outcome) });
        before = item.line;
      }
    }
    return repeat(rows, (r) => r.key, (r) => r.view);
  }

  // -- writing

  #input(event) {
    const { app } = this;
    app.draft(app.topic.id, event.target.value);
    const now = Date.now();
    if (event.target.value && now - this.#lastTyped > TYPING_MS) {
      this.#lastTyped = now;
      app.room.compose('composing');
    }
  }

  #key(event) {
    if (event.isComposing) return;
    const last = event.key === 'ArrowUp' && !event.altKey && !event.target.value && this.app.room.log.findLast(this.#isOwn);
    if (last) {
      event.preventDefault();
      this.app.deeds.edit(last);
    }
    const touch = matchMedia('(pointer: coarse)').matches;
    if (event.key === 'Enter' && !event.shiftKey && (!touch || event.ctrlKey)) {
      event.preventDefault();
      this.#send();
    }
  }

  #send() {
    const { app } = this;
    const field = /** @type {HTMLTextAreaElement} */ (this.querySelector('textarea'));
    const text = field.value.trim();
    field.focus();
    if (!text) return;
    field.value = '';
    app.draft(app.topic.id, '');
    this.#lastTyped = 0;
    this.#atEnd = true;
    this.#firstNew = '-';
    app.room.say(text);
    this.#end();
  }

  #keepAs(event, sign) {
    const field = /** @type {HTMLTextAreaElement} */ (this.querySelector('textarea'));
    this.app.menu(event, () => {
      field.setRangeText(`${sign} `, 0, 0, 'end');
      this.app.draft(this.app.topic.id, field.value);
      field.focus();
    });
  }

  #typing() {
    const names = [...(this.app.room?.typing ?? [])];
    if (!names.length) return nothing;
    return names.length > 3 ? 'Several people are writing…' : `${list(names)} ${names.length === 1 ? 'is' : 'are'} writing…`;
  }

  #composer() {
    const { topic } = this.app;
    const label = `Write to ${topic.name}`;
    return html`<form class="composer" @submit=${(e) => { e.preventDefault(); this.#send(); }}><label class="vh" for="w">${label}</label>
      <textarea id="w" rows="1" dir="auto" enterkeyhint="send" placeholder=${label} data-testid="composer" .value=${this.app.draftOf(topic.id)} @input=${this.#input} @keydown=${this.#key}></textarea>
      <div class="row"><details class="menu up opt"><summary class="btn quiet s keep">${icon('keep')}Action, decision, question</summary><menu>
        ${[['ACTION:', 'Action', 'who does what by when'], ['#agreed', 'Decision', 'what is settled'], ['#question', 'Question', 'what stays open'], ['#topic', 'Point', 'what comes next']].map(
          ([sign, word, hint]) => html`<li><button type="button" @click=${(e) => this.#keepAs(e, sign)}><b>${word}</b><span class="hint">${hint}</span></button></li>`)}</menu></details>
      <button class="btn prime s" type="submit" aria-label="Send" data-testid="send">${icon('send')}<span>Send</span></button></div></form>`;
  }

  #empty() {
    const { app } = this;
    const { topic, room } = app;
    if (room.state === 'refused') {
      return html`<div class="nobody"><p>You are not in this talk. ${room.refusal?.words || `Ask ${topic.ownerName || 'its owner'} for an invitation.`}</p><button class="btn" type="button" @click=${() => room.join()}>Try again</button></div>`;
    }
    if (room.lines.length || app.notes.of(topic.id).length) return nothing;
    if (room.state !== 'in' || room.catchingUp) return app.slow ? html`<div class="ghost" aria-hidden="true"><i></i><i></i><i></i></div>` : nothing;
    const names = topic.invitees.filter((i) => ['offered', 'accepted', 'tentative'].includes(i.state)).map((i) => i.name || i.address).filter(Boolean);
    const invited = names.length ? ` ${list(names)} ${names.length === 1 ? 'is' : 'are'} invited${topic.start ? ` for ${clock(topic.start)}` : ''}.` : '';
    return html`<div class="nobody"><p>Nobody has said anything yet.${invited}</p><button class="btn s" type="button" @click=${() => app.deeds.copy(location.href)}>Copy link</button></div>`;
  }

  render() {
    const { app } = this;
    const { room } = app;
    if (!app.topic || !room) return nothing;
    const filled = room.state !== 'joining' || room.log.length > 0;
    const away = room.missed ? html`<span class="vh" role="status">${count(room.missed, 'message')} while you were away</span>` : nothing;
    return html`${room.onRecord ? nothing : html`<p class="offrec">${icon('lock')}Off the record. I keep nothing until somebody writes #on.</p>`}
      <div class="scroll log" role=${filled && !room.catchingUp ? 'log' : 'region'} aria-label="Conversation" aria-busy=${room.catchingUp || room.loading} tabindex="0" @scroll=${this.#scrolled} @keydown=${this.#move}>
        ${room.loading ? html`<div class="ghost" aria-hidden="true"><i></i><i></i><i></i></div>` : nothing}
        ${this.#empty()}<ol>${this.#rows()}</ol></div>${away}
      <div class="foot">${this.#below ? html`<button class="btn more-below s" type="button" @click=${this.#end}>${icon('down')}${this.#below} new</button>` : nothing}
        ${app.toastInFrame ? nothing : app.notes.view()}<p class="typing" aria-live="off">${this.#typing()}</p>${room.state === 'refused' ? html`<p class="closed">Nothing can be written here.</p>` : this.#composer()}</div>`;
  }
}

customElements.define('ccm-talk', Talk);
