/**
 * What somebody asks for about the own account (docs/protocol.md, Accounts). Whatever could lock its owner out goes with
 * the password.
 */
import { $iq } from 'strophe.js';
import { NS } from './names.js';
import { attr, kid, text } from './xml.js';

export class Account {
  /** @param {import('./client.js').Client} client */
  constructor(client) {
    this.client = client;
  }

  /**
   * @param {'get' | 'set'} type
   * @param {string} name of the request
   * @param {Record<string, string>} given
   */
  #ask(type, name, given) {
    const to = this.client.components.host('accounts');
    return this.client.session.request($iq({ type, to }).c(name, { xmlns: NS.accounts, ...given }));
  }

  /** Every other session ends, and so does what this one kept to come back by. @param {string} password @param {string} next */
  async changePassword(password, next) {
    await this.#ask('set', 'password', { password, new: next });
    await this.client.session.passwordChanged();
  }

  /** Mails a link; nothing changes before it is followed. @param {string} password @param {string} address */
  async changeAddress(password, address) {
    await this.#ask('set', 'address', { password, address });
  }

  /** Nobody comes back without the password any more; whoever is connected stays (docs/protocol.md, Tokens). */
  async revokeAll() {
    const { session } = this.client;
    await session.request($iq({ type: 'set', to: session.domain }).c('revoke', { xmlns: NS.token }));
  }

  /** @param {string} password */
  async end(password) {
    await this.#ask('set', 'delete', { password });
  }

  /**
   * All that is kept about me, page by page.
   * @param {(messages: number) => void} told how many messages there are so far
   * @returns {Promise<Record<string, any>>}
   */
  async export(told) {
    let found = /** @type {Record<string, any>} */ ({ messages: [] });
    let after = '';
    do {
      const answer = kid(await this.#ask('get', 'export', after ? { after } : {}), 'export');
      const { messages, ...rest } = JSON.parse(text(answer));
      found = { ...rest, ...found, messages: [...found.messages, ...messages] };
      told(found.messages.length);
      after = attr(answer, 'next');
    } while (after);
    return found;
  }
}
