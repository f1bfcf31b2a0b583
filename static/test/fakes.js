/**
 * What the tests use in place of the browser: an XML parser, a clock that is turned by hand, a store, and a connection
 * that plays back recorded stanzas.
 */
import { DOMParser } from '@xmldom/xmldom';
import { Strophe } from 'strophe.js';

/** @param {string} text one stanza of the wire, `jabber:client` unless it says otherwise @returns {any} */
export function xml(text) {
  const wrapped = `<wrap xmlns="jabber:client">${text}</wrap>`;
  const root = new DOMParser().parseFromString(wrapped, 'text/xml').documentElement;
  for (let node = root?.firstChild; node; node = node.nextSibling) if (node.nodeType === 1) return node;
  throw new Error(`no element in ${text}`);
}

/** Time that passes when it is told to. */
export class TurnedClock {
  time = Date.parse('2026-11-23T13:00:00Z');
  #timers = new Map();
  #last = 0;

  now = () => this.time;

  setTimeout = (f, ms) => {
    this.#last += 1;
    this.#timers.set(this.#last, { at: this.time + ms, f });
    return this.#last;
  };

  clearTimeout = (timer) => void this.#timers.delete(timer);

  /** @param {number} seconds */
  async pass(seconds) {
    const end = this.time + seconds * 1000;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].f();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

/** Lets all promises that can go on go on. */
export async function settle() {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}

export class Store {
  kept = new Map();
  getItem = (key) => this.kept.get(key) ?? null;
  setItem = (key, value) => void this.kept.set(key, value);
  removeItem = (key) => void this.kept.delete(key);
  key = (i) => [...this.kept.keys()][i] ?? null;

  get length() {
    return this.kept.size;
  }
}

/** Stands for Strophe.Connection: remembers what was sent and hands in what a test plays. */
export class PlayedConnection {
  sent = /** @type {any[]} */ ([]);
  handlers = /** @type {Function[]} */ ([]);
  errorHandlers = new Map();
  connected = true;
  disconnecting = false;
  jid = '';
  flushed = 0;
  /** By payload, whether the connection was open when it was sent out. @type {Record<string, string>} */ flushedAt = {};
  closed = '';
  connect_callback = /** @type {any} */ (null);

  constructor(service, options) {
    this.service = service;
    this.options = options;
  }

  _dataRecv() {}

  connect(jid, secret, callback, wait, hold, route, user) {
    Object.assign(this, { asked: { jid, secret, wait, hold, user }, connect_callback: callback });
  }

  attach(jid, sid, rid, callback) {
    Object.assign(this, { jid, attached: { jid, sid, rid }, connect_callback: callback });
    callback(Strophe.Status.ATTACHED, null);
  }

  addHandler(f) {
    this.handlers.push(f);
    return f;
  }

  deleteHandler(f) {
    this.handlers = this.handlers.filter((one) => one !== f);
  }

  addProtocolErrorHandler(_, status, f) {
    this.errorHandlers.set(status, f);
  }

  send(stanza) {
    this.sent.push(stanza.tree ? stanza.tree() : stanza);
  }

  flush() {
    this.flushed += 1;
    for (const el of this.sent) this.flushedAt[el.firstChild?.nodeName] ??= this.closed || 'open';
  }

  reset() {
    this.closed = 'reset';
  }

  disconnect(reason) {
    this.closed = reason;
  }

  // -- what a test does

  async status(status, condition = null, element = undefined) {
    this.connect_callback?.(Strophe.Status[status], condition, element);
    await settle();
  }

  async up(jid) {
    this.jid = jid;
    await this.status('CONNECTED');
  }

  /** @param {string} text a stanza that comes in */
  async play(text) {
    for (const f of this.handlers) f(xml(text));
    await settle();
  }

  /** Answers the newest iq of that payload. @param {string} name @param {string} inside @param {string} [type] */
  async answer(name, inside, type = 'result') {
    const iq = this.sent.findLast((el) => el.nodeName === 'iq' && !el.answered && el.firstChild?.nodeName === name);
    if (!iq) throw new Error(`no iq with <${name}/> was sent`);
    iq.answered = true;
    const from = iq.getAttribute('to');
    await this.play(`<iq type="${type}" id="${iq.getAttribute('id')}" from="${from}">${inside}</iq>`);
    return iq;
  }

  /** @param {string} name of the stanza or its first child */
  of(name) {
    return this.sent.filter((el) => el.nodeName === name || el.firstChild?.nodeName === name).map(String);
  }
}

export const TOKEN = `<token xmlns="urn:ccm:token:0" expires="2026-11-24T01:00:00Z" name="Ann">secret-token</token>`;
