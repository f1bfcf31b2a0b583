/**
 * XMPP over one WebSocket (RFC 7395): opened, signed in by a token (RFC 7628), one element a message.
 *
 * It asks for nothing before it says who it is: whoever names this address to a page serves tokens there. Knows neither
 * stanzas nor what becomes of them, and no time.
 */
import { domainOf, kids } from './xml.js';

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';

/** @param {string} text @returns {Element} */
export const read = (text) => new DOMParser().parseFromString(text, 'text/xml').documentElement;

/** @param {string} text of any letters @returns {string} in base64 */
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export class WebSocketWire {
  #over = false;

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {string} options.account bare JID
   * @param {string} options.token
   * @param {() => void} options.ready it is signed in
   * @param {(element: Element) => void} options.heard
   * @param {(condition: string) => void} options.ended it is over, with the server's reason if it gave one; once, and not after `close`
   */
  constructor({ url, account, token, ready, heard, ended }) {
    this.ended = ended;
    this.socket = new WebSocket(url, 'xmpp');
    const open = `<open xmlns="${FRAMING}" to="${domainOf(account)}" version="1.0"/>`;
    this.socket.onopen = () => {
      const name = account.replace(/=/g, '=3D').replace(/,/g, '=2C');
      this.send(open);
      this.send(`<auth xmlns="${SASL}" mechanism="OAUTHBEARER">${base64(`n,a=${name},\u0001auth=Bearer ${token}\u0001\u0001`)}</auth>`);
    };
    this.socket.onclose = () => this.#end('');
    this.socket.onmessage = ({ data }) => {
      if (this.#over) return;
      const element = read(data);
      const { nodeName } = element;
      if (nodeName === 'success') {
        this.send(open);
        ready();
      } else if (nodeName === 'stream:error') this.#end(kids(element)[0]?.nodeName || 'unknown');
      else if (nodeName === 'failure' || nodeName === 'parsererror') this.#end(nodeName);
      else if (!['open', 'stream:features', 'close'].includes(nodeName)) heard(element);
    };
  }

  /** @param {string} text one element */
  send(text) {
    if (!this.#over && this.socket.readyState === 1) this.socket.send(text);
  }

  /** Without a word: whoever knows the session's id goes on with it. */
  close() {
    this.#over = true;
    this.socket.close();
  }

  /** The session ends, too. */
  finish() {
    this.send(`<close xmlns="${FRAMING}"/>`);
    this.close();
  }

  #end(condition) {
    if (this.#over) return;
    this.close();
    this.ended(condition);
  }
}
