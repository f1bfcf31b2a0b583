/**
 * What this browser has read of each room: unread messages, mentions, and where the new ones start.
 */

export class Reading {
  /** @param {any} app @param {Storage} store */
  constructor(app, store) {
    this.app = app;
    this.store = store;
  }

  /** @param {import('../xmpp/room.js').Line} line */
  mentions(line) {
    const name = this.app.client.name.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
    return new RegExp(`@${name}(?![\\p{L}\\p{N}])`, 'iu').test(line.body);
  }

  /** Unread messages of others, and those that name me. @param {import('../xmpp/read.js').Topic} topic */
  counts(topic) {
    const room = this.app.client.rooms.get(topic.room);
    const fresh = room ? this.#fresh(room) : [];
    return { unread: fresh.length, mentions: fresh.filter((line) => this.mentions(line)).length };
  }

  /** Of all topics together. */
  get sum() {
    const all = [...this.app.client.topics.values()].map((topic) => this.counts(topic));
    return { unread: all.reduce((n, one) => n + one.unread, 0), mentions: all.reduce((n, one) => n + one.mentions, 0) };
  }

  /** Whether somebody asked me into it and this browser never showed it. @param {import('../xmpp/read.js').Topic} topic */
  isNew(topic) {
    const seen = this.store.getItem(`ccm-read:${topic.room}`) || this.store.getItem(`ccm-opened:${topic.id}`);
    return !seen && topic.owner !== this.app.session.account && ['planned', 'live'].includes(topic.state);
  }

  /** @param {import('../xmpp/read.js').Topic} topic is shown */
  opened(topic) {
    if (this.isNew(topic)) this.store.setItem(`ccm-opened:${topic.id}`, '1');
  }

  firstUnread(room) {
    return this.#fresh(room)[0]?.id ?? '';
  }

  /** The end of a room was shown. */
  seen(room) {
    const last = room.log.findLast((line) => line.id)?.id;
    const key = `ccm-read:${room.jid}`;
    if (!last || document.hidden || room.catchingUp || this.store.getItem(key) === last) return;
    this.store.setItem(key, last);
    this.app.requestUpdate();
  }

  /** What others said since this browser last showed the end. */
  #fresh(room) {
    const read = this.store.getItem(`ccm-read:${room.jid}`) ?? '';
    if (!read) return [];
    const at = room.log.findLastIndex((line) => line.id === read);
    return room.log.filter((line, i) => !line.mine && line.id && (at < 0 ? line.id > read : i > at));
  }
}
