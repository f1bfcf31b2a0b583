/**
 * What a room reflected, in the archive's order and each message once: by stanza-id, else by its sender's origin-id
 * (XEP-0359). Corrections (XEP-0308), retractions (XEP-0424) and reactions (XEP-0444) change the line they are about.
 */

/**
 * @typedef {import('./read.js').RoomMessage} RoomMessage
 * @typedef {{key: string, id: string, originId: string, clientId: string, nick: string, body: string, at: Date, mine: boolean,
 *   state: 'sent' | 'sending' | 'slow' | 'kept' | 'failed', why: string, edited: boolean, withdrawn: boolean,
 *   offRecord: boolean, reactions: Map<string, Set<string>>, reply?: import('./replies.js').Reply | null,
 *   file?: import('./replies.js').SharedFile | null, sentAt?: number, author?: string, lang?: string, replaces?: string}} Line
 */

export class RoomLog {
  /** @type {Line[]} */ lines = [];
  #ids = /** @type {Set<string>} */ (new Set());
  #origins = /** @type {Set<string>} */ (new Set());
  #keys = 0;

  /** @param {string} id */
  has(id) {
    return this.#ids.has(id);
  }

  /** Nothing of what was seen counts any more; the lines stay until others come. */
  restart() {
    this.#ids.clear();
    this.#origins.clear();
  }

  /**
   * Put one message where it belongs, once.
   * @param {RoomMessage} message
   * @param {{waited: boolean, mine: boolean, onRecord: boolean}} known *waited*: one of mine has come back
   * @param {Line[]} [into] older lines that are not in the log yet
   * @returns {Line | null} the line it made, if it made one
   */
  apply(message, { waited, mine, onRecord }, into = this.lines) {
    if (message.id) this.#ids.add(message.id);
    if (message.retracts || message.replaces || message.reactsTo) {
      this.#amend(message, into);
      return null;
    }
    if (!message.body || !message.nick) return null;
    // A bare `id` says nothing: clients may count 1, 2, 3 anew in each session.
    const sent = message.originId || (waited && !message.id ? message.clientId : '');
    const origin = `${message.nick}\n${sent}`;
    if (sent && this.#origins.has(origin)) return null;
    if (sent) this.#origins.add(origin);
    const line = /** @type {Line} */ ({
      key: message.id || sent || `${origin}${(this.#keys += 1)}`, id: message.id, originId: message.originId, clientId: message.clientId,
      nick: message.nick, author: message.occupant, body: message.body, lang: message.lang, at: message.at, mine, state: 'sent', why: '',
      edited: false, withdrawn: false, offRecord: !message.id && !onRecord, reactions: new Map(), reply: message.reply, file: message.file,
    });
    into.push(line);
    return line;
  }

  /** @param {RoomMessage} message @param {Line[]} into */
  #amend(message, into) {
    const all = into === this.lines ? this.lines : [...this.lines, ...into];
    const by = message.retracts || message.reactsTo;
    const line = all.findLast((other) => (by ? other.id === by : same(other, message) && other.clientId === message.replaces));
    if (!line) return;
    const own = same(line, message) || !message.nick; // without a nick it is the room itself: moderation
    if (message.retracts && !own) return;
    if (message.retracts) Object.assign(line, { withdrawn: true, body: '' });
    else if (message.replaces) Object.assign(line, { edited: true, body: message.body, lang: message.lang });
    else {
      for (const [word, who] of line.reactions) if (who.delete(message.nick) && !who.size) line.reactions.delete(word);
      for (const word of message.reactions) line.reactions.set(word, (line.reactions.get(word) ?? new Set()).add(message.nick));
    }
  }
}

/** @param {Line} line @param {RoomMessage} message @returns {boolean} whether one person said both, under whatever nick */
function same(line, message) {
  return line.author && message.occupant ? line.author === message.occupant : line.nick === message.nick;
}
