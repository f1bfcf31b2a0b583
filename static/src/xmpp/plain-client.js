/**
 * The client at a server that is not CCM: its rooms (XEP-0045, found by XEP-0030) stand in place of topics, and what
 * needs our components is said to be absent. Talk, archive (XEP-0313) and reload are those of any server.
 *
 * Another server is known by its not knowing the session tokens that every CCM gives, and having no list of topics.
 */
import { $iq } from 'strophe.js';
import { Client } from './client.js';
import { NS } from './names.js';
import { RequestError } from './read.js';
import { attr, bare, kid, kids, local } from './xml.js';

const MAX_ROOMS = 100;
const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';

export class PlainClient extends Client {
  /** Where the rooms are of a server that is not CCM; `''` at CCM, and before it is known. */ plain = '';

  async list() {
    if (this.plain) return this.#rooms();
    try {
      await super.list();
    } catch (error) {
      if (this.session.name || !(error instanceof RequestError) || error.condition === 'offline') throw error;
      this.plain = (await this.#service()) || `conference.${this.session.domain}`;
      await this.#rooms();
    }
  }

  /** @param {string} id of a topic; at another server the local part of a room's address */
  async topic(id) {
    if (!this.plain) return super.topic(id);
    if (!this.topics.has(id)) this.topics.set(id, topicOf(`${id}@${this.plain}`, id));
    this.emit('change');
    return this.topics.get(id) ?? null;
  }

  /** @param {string} topic */
  async outcome(topic) {
    if (this.plain) throw new RequestError('item-not-found');
    await super.outcome(topic);
  }

  // What the server lists; rooms that it hides stay once they were opened.
  async #rooms() {
    const found = new Map([...this.topics].filter(([, topic]) => this.rooms.has(topic.room)));
    const items = await this.#items(this.plain).catch(() => []);
    for (const item of items.slice(0, MAX_ROOMS)) {
      const jid = bare(attr(item, 'jid'));
      if (local(jid)) found.set(local(jid), topicOf(jid, attr(item, 'name') || local(jid)));
    }
    this.topics = found;
    this.listed = true;
    this.emit('change');
  }

  /** @returns {Promise<string>} the address of the service for rooms */
  async #service() {
    for (const item of (await this.#items(this.session.domain).catch(() => [])).slice(0, MAX_ROOMS)) {
      const to = attr(item, 'jid');
      const info = await this.session.request($iq({ type: 'get', to }).c('query', { xmlns: INFO })).catch(() => null);
      if (kids(kid(info, 'query'), 'identity').some((one) => attr(one, 'category') === 'conference')) return to;
    }
    return '';
  }

  async #items(to) {
    return kids(kid(await this.session.request($iq({ type: 'get', to }).c('query', { xmlns: ITEMS })), 'query'), 'item');
  }
}

/** @param {string} room @param {string} name @returns {import('./read.js').Topic} */
function topicOf(room, name) {
  return {
    id: local(room), name, room, state: 'live', empty: null, start: null, minutes: 60, zone: '', owner: '', ownerName: '',
    visibility: 'members', revision: 0, document: '', targets: [], invitees: [],
  };
}
