/**
 * Which topics somebody who types means: the switcher's own order. Pure.
 */

const SHOWN = 6;
const ORDER = ['live', 'planned', 'ended', 'published'];

const plain = (/** @type {string} */ text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/**
 * How well a topic fits: 0 not at all, more is better. Every word typed must begin one of its words, or those of its people.
 * @param {{name: string, ownerName: string, invitees: {name: string, address: string}[]}} topic
 * @param {string[]} words plain ones
 */
function fit(topic, words) {
  const name = plain(topic.name);
  const parts = name.split(/[^\p{L}\p{N}]+/u);
  const people = [topic.ownerName, ...topic.invitees.flatMap((one) => [one.name, one.address])].map(plain);
  let sum = 0;
  for (const word of words) {
    if (parts.some((part) => part.startsWith(word))) sum += 3;
    else if (name.includes(word)) sum += 2;
    else if (people.some((one) => one.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word)))) sum += 1;
    else return 0;
  }
  return sum + (name.startsWith(words.join(' ')) ? 3 : 0);
}

/**
 * @template {{id: string, name: string, state: string, ownerName: string, invitees: {name: string, address: string}[]}} T
 * @param {Iterable<T>} topics
 * @param {string} typed `''` has those that were open last, without the one that is
 * @param {string[]} recent ids, the newest first; the first one is open
 * @returns {T[]} the best first
 */
export function jumps(topics, typed, recent) {
  const words = plain(typed).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const age = (/** @type {T} */ topic) => (recent.includes(topic.id) ? recent.indexOf(topic.id) : recent.length + ORDER.indexOf(topic.state));
  const all = [...topics].filter((topic) => words.length || topic.id !== recent[0]);
  const found = all.map((topic) => ({ topic, fit: words.length ? fit(topic, words) : 1, age: age(topic) })).filter((one) => one.fit);
  found.sort((a, b) => b.fit - a.fit || a.age - b.age || a.topic.name.localeCompare(b.topic.name));
  return found.slice(0, SHOWN).map((one) => one.topic);
}
