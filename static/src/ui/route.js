/**
 * What the page's fragment asks for: a topic, in it a message or an entry; and whom a link from a mail or a form is for.
 */

/**
 * @param {string} hash `#/t/<topic>`, `#/t/<topic>/m/<stanza-id>`, `#/t/<topic>/o/<entry>`; before each `#/as/<address>` says who
 *   signs in, `#/guest/<jid>/<code>` lets a guest in once
 * @returns {{topic: string, kind: string, target: string, address: string, guest: {jid: string, code: string} | null, rest: string}} *rest*:
 *   the fragment without who it is for
 */
export function readRoute(hash) {
  const [, address = '', jid = '', code = '', rest = ''] = /^#(?:\/as\/([^/]+)|\/guest\/([^/]+)\/([^/]+))?(\/.*)?$/u.exec(hash) ?? [];
  const [, topic = '', kind = '', target = ''] = /^\/t\/([^/]+)(?:\/([mo])\/(.+))?$/u.exec(rest) ?? [];
  return { topic: decode(topic), kind, target: decode(target), address: decode(address), guest: code ? { jid: decode(jid), code: decode(code) } : null, rest: `#${rest || '/'}` };
}

/** A part of an address, as people read it. @param {string} part */
export function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a link that was cut in the middle
  }
}
