/**
 * How the session stands, as a tab shows it, whoever holds it: state, address, name, and when the next attempt is made.
 */
import { Emitter } from './emitter.js';
import { bare } from './xml.js';

/** @typedef {import('./session.js').SessionState} SessionState */

export class Standing extends Emitter {
  /** @type {SessionState} */ state = 'out';
  jid = '';
  name = '';
  retryAt = 0;
  restored = false;

  get account() {
    return bare(this.jid);
  }

  /** @param {{state?: SessionState, jid?: string, name?: string, retryAt?: number, restored?: boolean}} now */
  turn({ state = this.state, jid = this.jid, name = this.name, retryAt = 0, restored = false }) {
    const renamed = name !== this.name;
    const before = this.state;
    Object.assign(this, { state, jid, name, retryAt, restored });
    if (renamed) this.emit('name', name);
    if (state !== before || state === 'lost') this.emit('state', state, before);
  }
}
