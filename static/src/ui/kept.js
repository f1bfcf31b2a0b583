/**
 * What a person left in this browser, each under a name with the account in it: drafts, and what was read and opened. On a
 * browser that several people use nobody finds another's words, or is taken for having read what the other has.
 */

/** @typedef {'draft' | 'read' | 'opened'} Kind */

/** @param {Kind} kind @param {string} account bare address @param {string} what room or topic @returns {string} where it stands */
export const keyOf = (kind, account, what) => `ccm-${kind}:${account}:${what}`;

/** @param {Storage} store @param {Kind} kind @param {string} account @returns {string[]} */
const keysOf = (store, kind, account) => Array.from({ length: store.length }, (_, i) => store.key(i) ?? '').filter((key) => key.startsWith(keyOf(kind, account, '')));

/** Whoever signs out leaves no words behind. @param {Storage} store @param {string} account */
export function forgetDrafts(store, account) {
  for (const key of keysOf(store, 'draft', account)) store.removeItem(key);
}

/** A guest has become an account. @param {Storage} store @param {string} from @param {string} to */
export function passOn(store, from, to) {
  for (const kind of /** @type {Kind[]} */ (['draft', 'read', 'opened'])) {
    for (const key of keysOf(store, kind, from)) {
      store.setItem(keyOf(kind, to, key.slice(keyOf(kind, from, '').length)), store.getItem(key) ?? '');
      store.removeItem(key);
    }
  }
}
