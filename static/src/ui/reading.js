/**
 * What a person has read of each room: unread messages, mentions, and where the new ones start. Read is what was seen for a
 * second in a visible tab; all devices of the person agree on it, and the room learns of it if the person lets others know.
 */
import { keyOf } from './kept.js';

const SEEN_MS = 1000;
const TIME = { now: () => Date.now(), setTimeout: (f, ms) => setTimeout(f, ms), clearTimeout: (timer) => clearTimeout(timer) };

export class Reading {
  #markers = /** @type {import('../xmpp/read-markers.js').ReadMarkers | null} */ (null);
  #listens = false;
  /** Whether it is known what other devices have read, as far as it can be. */ settled = false;
  /** What is being looked at. @type {{jid: string, id: string} | null} */ #watched = null;
  #timer = /** @type {any} */ (null);
  /** Where I first came, of rooms that I have not read yet. @type {Map<string, string>} */ #began = new Map();
  /** How this person is called in a message. */ #mine = { name: '', called: /^$/u };

  /** @param {any} app @param {Pick<Storage, 'getItem' | 'setItem'>} store @param {import('../xmpp/session.js').Clock} [clock] */
  constructor(app, store, clock = TIME) {
    this.app = app;
    this.store = store;
    this.clock = clock;
  }

  #key(kind, what) {
    return keyOf(kind, this.app.session.account, what);
  }

  /** Hear what other devices have read, from now on. */
  async listen() {
    if (this.#listens) return;
    this.#listens = true;
    const { ReadMarkers } = await import('../xmpp/read-markers.js');
    const markers = new ReadMarkers(this.app.session, this.clock);
    this.#markers = markers;
    markers.on('read', (jid, id) => { if (this.#put(jid, id)) this.app.requestUpdate(); });
    await markers.ready;
    this.settled = true;
    this.app.requestUpdate();
  }

  /** @param {import('../xmpp/room.js').Line} line */
  mentions(line) {
    const { name } = this.app.client;
    if (!name) return false;
    if (name !== this.#mine.name) {
      const words = name.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
      this.#mine = { name, called: new RegExp(`@${words}(?![\\p{L}\\p{N}])`, 'iu') };
    }
    return this.#mine.called.test(line.body);
  }

  /** Unread messages of others, and those that name me. @param {import('../xmpp/read.js').Topic} topic */
  counts(topic) {
    const room = this.app.client.rooms.get(topic.room);
    const watched = this.#watched;
    const fresh = room ? this.#fresh(room, watched && watched.jid === room.jid ? watched.id : '') : [];
    return { unread: fresh.length, mentions: fresh.filter((line) => this.mentions(line)).length };
  }

  /** Of several topics together; what is muted calls nobody. @param {Iterable<import('../xmpp/read.js').Topic>} topics */
  sum(topics) {
    const all = [...topics].filter((topic) => !this.app.chosen.mutes(topic.id)).map((topic) => this.counts(topic));
    return { unread: all.reduce((n, one) => n + one.unread, 0), mentions: all.reduce((n, one) => n + one.mentions, 0) };
  }

  /** Whether somebody asked me into it and this browser never showed it. @param {import('../xmpp/read.js').Topic} topic */
  isNew(topic) {
    const seen = this.store.getItem(this.#key('read', topic.room)) || this.store.getItem(this.#key('opened', topic.id));
    return !seen && topic.owner !== this.app.session.account && ['planned', 'live'].includes(topic.state);
  }

  /** @param {import('../xmpp/read.js').Topic} topic is shown */
  opened(topic) {
    if (this.isNew(topic)) this.store.setItem(this.#key('opened', topic.id), '1');
  }

  /** Whether I have read anything there before. */
  knows(room) {
    return Boolean(this.store.getItem(this.#key('read', room.jid)));
  }

  firstUnread(room) {
    return this.#fresh(room)[0]?.id ?? '';
  }

  /** Who has seen a message, by what their clients tell. @param {any} room @param {any} line @returns {string[]} */
  seenBy(room, line) {
    const at = room.log.indexOf(line);
    const others = [...room.readBy].filter(([nick]) => nick !== room.nick && nick !== line.nick && room.occupants.has(nick));
    return others.filter(([, id]) => room.log.findIndex((other) => other.id === id) >= at).map(([nick]) => nick);
  }

  /**
   * Part of a room is on the screen.
   * @param {any} room
   * @param {() => string} last tells the id of the last message that can be seen, `''` if none
   */
  look(room, last) {
    const id = this.#hidden || room.catchingUp ? '' : last();
    if (id !== (this.#watched?.id ?? '')) this.app.requestUpdate();
    this.#watched = id ? { jid: room.jid, id } : null;
    if (!id || this.#timer || !this.#isNews(room, id)) return;
    this.#timer = this.clock.setTimeout(() => {
      this.#timer = null;
      const now = this.#watched;
      if (this.#hidden || now?.jid !== room.jid) return;
      const later = last();
      this.seen(room, later && !isAfter(room, id, later) ? id : later); // not what came in the last moment
      this.look(room, last);
    }, SEEN_MS);
  }

  get #hidden() {
    return globalThis.document?.hidden ?? false;
  }

  /** It was seen up to there. @param {any} room @param {string} id */
  seen(room, id) {
    if (!id || !this.#put(room.jid, id, room)) return;
    const at = room.log.findIndex((line) => line.id === id);
    const theirs = room.log.slice(0, at + 1).findLast((line) => line.id && !line.mine);
    const tells = this.store.getItem('ccm-markers') !== 'off';
    this.#markers?.seen(room.jid, id, tells ? (theirs?.id ?? '') : '');
    this.app.requestUpdate();
  }

  #isNews(room, id) {
    const kept = this.store.getItem(this.#key('read', room.jid)) ?? '';
    return !kept || isAfter(room, id, kept);
  }

  /** @returns {boolean} whether it is further than what was known */
  #put(jid, id, room = this.app.client.rooms.get(jid)) {
    const key = this.#key('read', jid);
    const known = this.store.getItem(key) ?? '';
    if (known && !isAfter(room, id, known)) return false;
    this.store.setItem(key, id);
    return true;
  }

  // Nothing was read there before: what comes from now on is new, however soon one looks elsewhere.
  #begin(room) {
    const there = room.catchingUp ? '' : room.log.findLast((line) => line.id)?.id;
    if (there && !this.#began.has(room.jid)) this.#began.set(room.jid, there);
    return this.#began.get(room.jid) ?? '';
  }

  /** What others said since I last saw the end. @param {any} room @param {string} [seen] what is being looked at now */
  #fresh(room, seen = '') {
    const kept = this.store.getItem(this.#key('read', room.jid)) || this.#begin(room);
    if (!kept) return [];
    const read = seen && isAfter(room, seen, kept) ? seen : kept;
    const at = room.log.findLastIndex((line) => line.id === read);
    return room.log.filter((line, i) => !line.mine && line.id && (at < 0 ? line.id > read : i > at));
  }
}

/** Whether one message comes after another: by the log, or if one is not there, by ids, which rise. */
function isAfter(room, id, other) {
  const [a, b] = [id, other].map((one) => room?.log.findLastIndex((line) => line.id === one) ?? -1);
  return a >= 0 && b >= 0 ? a > b : id > other;
}
