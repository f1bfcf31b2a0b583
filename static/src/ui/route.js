/**
 * What the page's fragment asks for: a topic, in it a message or an entry; and whom a link from a mail or a form is for.
 */

/**
 * @param {string} hash `#/t/<topic>`, `#/t/<topic>/m/<stanza-id>`, `#/t/<topic>/o/<entry>`; before each `#/as/<address>` says who
 *   signs in, `#/guest/<jid>/<code>` lets a guest in once, `#/back/<jid>/<link>` whoever followed that link here before
 * @returns {{topic: string, kind: string, target: string, address: string, guest: {jid: string, code: string} | null,
 *   back: {jid: string, code: string} | null, rest: string}} *rest*: the fragment without who it is for
 */
export function readRoute(hash) {
  const [, address = '', way = '', jid = '', code = '', rest = ''] = /^#(?:\/as\/([^/]+)|\/(guest|back)\/([^/]+)\/([^/]+))?(\/.*)?$/u.exec(hash) ?? [];
  const who = { jid: decode(jid), code: decode(code) };
  const [, topic = '', kind = '', target = ''] = /^\/t\/([^/]+)(?:\/([mo])\/(.+))?$/u.exec(rest) ?? [];
  return { topic: decode(topic), kind, target: decode(target), address: decode(address), guest: way === 'guest' ? who : null, back: way === 'back' ? who : null, rest: `#${rest || '/'}` };
}

/** A part of an address, as people read it. @param {string} part */
export function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a link that was cut in the middle
  }
}
