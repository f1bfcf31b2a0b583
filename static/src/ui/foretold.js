/**
 * How the server reads what is being typed, before anything is made: its name and its time, with the reason. Asked when the
 * typing pauses; an answer to older words counts for what has stayed the same. Without an answer nothing is foretold.
 */
import { $iq } from 'strophe.js';
import { NS } from '../xmpp/names.js';
import { instant } from '../xmpp/read.js';
import { attr, kid, kids, text } from '../xmpp/xml.js';

const PAUSE_MS = 250;
const TIME = { setTimeout: (/** @type {() => void} */ f, /** @type {number} */ ms) => setTimeout(f, ms), clearTimeout: (/** @type {any} */ timer) => clearTimeout(timer) };

/**
 * @typedef {{code: string, was: string, other: Date | null, text: string}} Told
 * @typedef {{name: string, start: Date | null, minutes: number, told: Told[]}} Foreseen
 */

export class Foretold {
  #asked = '';
  #timer = /** @type {any} */ (null);
  #wish = /** @type {import('../one-field.js').Wish | null} */ (null);
  #read = /** @type {Foreseen | null} */ (null);

  /** @param {() => void} changed an answer has come @param {Pick<import('../xmpp/session.js').Clock, 'setTimeout' | 'clearTimeout'>} [clock] */
  constructor(changed, clock = TIME) {
    this.changed = changed;
    this.clock = clock;
  }

  /** @param {any} client @param {import('../one-field.js').Wish | null} wish `null` when nothing would be made */
  ask(client, wish) {
    const key = wish ? JSON.stringify([who(wish), wish.name, wish.start]) : '';
    if (key === this.#asked) return;
    this.#asked = key;
    this.clock.clearTimeout(this.#timer);
    if (!wish || !key || client.plain || (client.components.get('topics') ?? HERE).state !== 'here') return;
    this.#timer = this.clock.setTimeout(() => {
      foresee(client, wish).then((read) => {
        if (key !== this.#asked) return;
        this.#wish = wish;
        this.#read = read;
        this.changed();
      }, () => {}); // what was typed stands there instead
    }, PAUSE_MS);
  }

  /** Its time, if the server has read these words. @param {import('../one-field.js').Wish} wish */
  time(wish) {
    return this.#wish?.start === wish.start ? this.#read : null;
  }

  /** Its name, likewise. @param {import('../one-field.js').Wish} wish */
  name(wish) {
    return this.#wish?.name === wish.name && who(this.#wish) === who(wish) ? this.#read : null;
  }
}

const HERE = { state: 'here' };

const who = (/** @type {import('../one-field.js').Wish} */ wish) => wish.people.map((p) => p.name || p.address).join(', ');

/** @param {any} client @param {import('../one-field.js').Wish} wish @returns {Promise<Foreseen>} */
async function foresee(client, wish) {
  const given = Object.entries({ name: wish.name, start: wish.start, invitee: who(wish) }).filter(([, value]) => value);
  const asked = { xmlns: NS.topics, ...Object.fromEntries(given), tz: client.zone(), 'xml:lang': client.language };
  const el = kid(await client.session.request($iq({ type: 'get', to: client.components.host('topics') }).c('reading', asked)), 'reading');
  const told = kids(el, 'correction').map((c) => ({ code: attr(c, 'code'), was: attr(c, 'was'), other: attr(c, 'other') ? instant(attr(c, 'other')) : null, text: text(c) }));
  return { name: attr(el, 'name'), start: attr(el, 'start') ? instant(attr(el, 'start')) : null, minutes: Number(attr(el, 'minutes')) || 0, told };
}
