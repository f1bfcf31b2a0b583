/**
 * Notifications of the system: offered once, after something was missed, and asked for by that click alone.
 *
 * Only for what concerns me, and only while I look elsewhere. One for each topic: a later one takes the earlier one's place.
 * During a meeting that I am in, other topics stay silent, and what they had is told when it is over.
 */
import { html, nothing } from 'lit';
import { list } from '../words.js';
import { plural, t } from '../words/language.js';
import { icon } from './icons.js';
import { keyOf } from './kept.js';
import { headcount, isReporter } from './people.js';

const READ_ELSEWHERE_MS = 1500;
const SOON_MS = 5 * 60_000;
const AROUND_MS = 30_000;
const QUIET_MS = 10 * 60_000;
const SHORT = 140;

/** @typedef {{topic: string, title: string, words: string, hash: string}} Call *hash*: where a click leads */

export class Notify {
  /** Whether the offer was made. */ offered = false;
  /** Of a meeting that I am in: what waits until it is over, by topic. @type {Map<string, number>} */ #held = new Map();
  #meeting = '';
  #told = /** @type {Set<string>} */ (new Set());

  /**
   * @param {any} app
   * @param {{permission: () => string, ask: () => Promise<string>, show: (title: string, options: NotificationOptions, click: () => void) => void,
   *   looks: () => boolean, later: (f: () => void, ms: number) => void, read: (room: string, account: string) => string}} browser *looks*: whether
   *   this tab is seen; *read*: the last message of a room that any tab of that account has shown
   */
  constructor(app, browser) {
    this.app = app;
    this.browser = browser;
  }

  /** Hear of everything that may concern me. @param {any} client */
  listen(client) {
    client.on('said', (room, line) => this.#said(room, line));
    client.on('outcome', (outcome, before) => this.#written(outcome, before));
    client.on('note', (note) => note.code === 'mail-failed' && this.call({ topic: note.topic, title: this.#name(note.topic) || t`An invitation came back`, words: note.text, hash: `#/t/${note.topic}` }));
  }

  get on() {
    return this.app.chosen.get('ccm-notify') === 'on' && this.browser.permission() === 'granted';
  }

  /** @param {Call} call */
  call({ topic, title, words, hash }) {
    const { app, browser } = this;
    if (!this.on || app.chosen.mutes(topic) || (browser.looks() && app.route.topic === topic)) return;
    if (this.#inMeeting() && topic !== this.#meeting) return void this.#held.set(topic, (this.#held.get(topic) ?? 0) + 1);
    const body = app.chosen.get('ccm-notify-words') === 'on' ? [...words].slice(0, SHORT).join('') : t`Something there is for you.`;
    browser.show(title, { body, tag: `ccm-${topic}`, silent: app.chosen.get('ccm-sound') === 'off' }, () => { location.hash = hash; app.go('talk'); });
  }

  /** Time has passed: meetings come, and end. */
  tick() {
    const { app } = this;
    if (this.#meeting && !this.#inMeeting()) this.#sumUp();
    for (const topic of app.client.topics.values()) {
      const ms = topic.start ? topic.start.getTime() - app.now.getTime() : Infinity;
      const declined = topic.invitees.some((guest) => guest.jid === app.session.account && guest.state === 'declined');
      if (!['planned', 'live'].includes(topic.state) || declined || ms > SOON_MS || ms < -AROUND_MS) continue;
      const starts = ms <= AROUND_MS;
      if (!starts && ms < SOON_MS - 3 * AROUND_MS) continue;
      const key = `${topic.id} ${topic.start?.getTime()} ${starts}`;
      if (this.#told.has(key)) continue;
      this.#told.add(key);
      this.call({ topic: topic.id, title: topic.name, words: starts ? t`Starts now.` : t`Starts in 5 minutes.`, hash: `#/t/${topic.id}` });
    }
  }

  // -- what concerns me

  #name(id) {
    return this.app.client.topics.get(id)?.name ?? '';
  }

  #said(room, line) {
    const { app, browser } = this;
    const topic = [...app.client.topics.values()].find((one) => one.room === room.jid);
    if (!topic || !line?.id || line.mine || this.#told.has(line.id)) return;
    const answers = line.reply && room.log.some((one) => one.mine && one.id === line.reply.id);
    if (!answers && !app.reading.mentions(line)) return;
    this.#told.add(line.id);
    const hash = `#/t/${topic.id}/m/${encodeURIComponent(line.id)}`;
    const tell = () => browser.read(room.jid, app.session.account) < line.id && this.call({ topic: topic.id, title: `${line.nick}, ${topic.name}`, words: line.body, hash });
    browser.later(tell, READ_ELSEWHERE_MS); // another tab may show it
  }

  #written(outcome, before) {
    const topic = this.app.client.topics.get(outcome.topic);
    if (!topic || !before) return;
    const known = new Set(before.entries.map((entry) => entry.id));
    const me = this.app.client.name.toLowerCase();
    const mine = outcome.entries.find((entry) => entry.kind === 'action' && !known.has(entry.id) && entry.owner.toLowerCase() === me);
    if (mine) this.call({ topic: topic.id, title: t`For you, ${topic.name}`, words: mine.text, hash: `#/t/${topic.id}/o/${encodeURIComponent(mine.id)}` });
    if (outcome.mode === 'grace' && before.mode !== 'grace' && topic.owner === this.app.session.account) {
      this.call({ topic: topic.id, title: topic.name, words: t`The draft is complete. Approve it, hold it, or it goes out by itself.`, hash: `#/t/${topic.id}` });
    }
  }

  // -- a meeting that I am in

  #inMeeting() {
    const { topic, room, now } = this.app;
    const last = room?.log.findLast((line) => !isReporter(this.app, room, line.nick));
    const talks = topic?.state === 'live' && room?.state === 'in' && headcount(this.app, room) > 1 && last && now.getTime() - last.at.getTime() < QUIET_MS;
    if (talks && !this.#held.size) this.#meeting = topic.id;
    return Boolean(talks) && topic.id === this.#meeting;
  }

  #sumUp() {
    const held = [...this.#held].filter(([id]) => this.#name(id) && id !== this.app.route.topic);
    const where = this.#name(this.#meeting);
    this.#held.clear();
    this.#meeting = '';
    if (!held.length) return;
    const words = list(held.map(([id, n]) => t`${n} for you in ${this.#name(id)}`));
    const while_ = where ? t`While you were in ${where}` : t`While you were in the meeting`;
    this.app.notes.tell({ topic: held[0][0], text: `${while_}: ${words}.` });
    this.call({ topic: held[0][0], title: while_, words: `${words}.`, hash: `#/t/${held[0][0]}` });
  }

  // -- the offer

  /** Whether something was missed that this browser would tell. */
  get #missed() {
    const { app, browser } = this;
    if (app.chosen.get('ccm-notify') || browser.permission() !== 'default') return 0;
    return [...app.client.topics.values()].reduce((sum, topic) => sum + (app.route.topic === topic.id && browser.looks() ? 0 : app.reading.counts(topic).mentions), 0);
  }

  /** A click was made for it: the browser asks. @returns {Promise<boolean>} whether it may */
  async turnOn() {
    const may = (await this.browser.ask()) === 'granted';
    this.app.chosen.set('ccm-notify', may ? 'on' : 'off');
    if (!may) this.app.notes.tell({ text: t`This browser keeps notifications from me. Its settings for this page can change that.` });
    this.app.requestUpdate();
    return may;
  }

  turnOff() {
    this.app.chosen.set('ccm-notify', 'off');
    this.app.requestUpdate();
  }

  /** The one line; once it stands, it stands until it was answered. */
  offer() {
    this.offered ||= this.#missed > 0;
    if (!this.offered || this.app.chosen.get('ccm-notify')) return nothing;
    const n = this.#missed;
    return html`<div class="ask-me" data-testid="offer">${icon('bell')}<p>${n ? plural(n, 'You were mentioned once while you looked elsewhere.', 'You were mentioned # times while you looked elsewhere.') : t`You were mentioned while you looked elsewhere.`}
      <button class="text" type="button" data-testid="offer-yes" @click=${() => this.turnOn()}>${t`Tell me when I am mentioned`}</button></p>
      <button class="ico" type="button" aria-label=${t`No, do not tell me`} @click=${() => this.turnOff()}>${icon('close')}</button></div>`;
  }
}

/** Whether a page may show any: on some phones only what is installed may, and says so when one is made. */
function shows() {
  if (!('Notification' in globalThis)) return false;
  try {
    return Notification.permission !== 'default' || Boolean(new Notification('')); // nobody sees it without a permission
  } catch {
    return false;
  }
}

/** The browser, as this needs it: `none` where no permission would help. @returns {Notify['browser']} */
export function thisBrowser() {
  // The browser takes milliseconds to answer, and every drawing of the page asks.
  let may = shows() ? Notification.permission : 'none';
  const ask = () => { if (may !== 'none') may = Notification.permission; };
  navigator.permissions?.query({ name: 'notifications' }).then((now) => { now.onchange = ask; }, () => {});
  return {
    permission: () => may,
    ask: async () => { if (may !== 'none') may = await Notification.requestPermission(); return may; },
    looks: () => !document.hidden,
    later: (f, ms) => void setTimeout(f, ms),
    read: (room, account) => localStorage.getItem(keyOf('read', account, room)) ?? '',
    show: (title, options, click) => {
      try {
        const shown = new Notification(title, options);
        shown.onclick = () => { window.focus(); click(); shown.close(); };
      } catch (error) {
        console.warn('This browser shows notifications of installed pages only.', /** @type {Error} */ (error).name);
      }
    },
  };
}
