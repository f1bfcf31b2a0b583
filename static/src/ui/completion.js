/**
 * What may be meant by what is being typed: `@` and the beginning of a name, `/` or `#` and the beginning of an order to the
 * reporter (docs/reporter.md). Pure but for whom it asks.
 */
import { guestsOf, peopleHere } from './people.js';
import { initial, tint } from './plain.js';

const MOST = 8;

/** Orders with what they take and do; those of every day first. @type {[string, string, string][]} */
export const ORDERS = [
  ['action', 'Kim to call by Friday', 'Who does what by when'],
  ['decision', 'text', 'What is settled'],
  ['question', 'text', 'What stays open'],
  ['topic', 'text', 'What comes next'],
  ['propose', 'text', 'Put something up for agreement'],
  ['endmeeting', '', 'End the talk and publish it'],
  ['publish', '', 'Ask for publication'],
  ['off', '', 'Off the record, for all'],
  ['on', '', 'Back on the record'],
  ['off me', '', 'Keep your own words out'],
  ['agenda', 'point, point', 'Announce several points'],
  ['startvote', 'Friday? yes, no', 'Open a vote'],
  ['vote', 'yes', 'Give your voice'],
  ['endvote', '', 'Count the voices'],
  ['showvote', '', 'How the vote stands'],
  ['assign', 'A1 Kim', 'Who does an action'],
  ['due', 'A1 Friday', 'Until when'],
  ['done', 'A1', 'It is done'],
  ['cancel', 'A1', 'It is not done any more'],
  ['reopen', 'A1', 'It is open again'],
  ['ok', 'A4', 'Confirm what was found'],
  ['no', 'A4', 'Refuse what was found'],
  ['edit', 'A1 text', 'Say an item otherwise'],
  ['drop', 'A1', 'Take an item off the record'],
  ['restore', 'A1', 'Bring an item back'],
  ['supersede', 'D1 text', 'A decision in another’s place'],
  ['undo', '', 'Take the newest item off'],
  ['info', 'text', 'A note'],
  ['idea', 'text', 'An idea'],
  ['link', 'https://…', 'An address to keep'],
  ['present', 'Kim, Tom', 'Who is there and says nothing'],
  ['chair', 'Kim', 'Who leads the meeting'],
  ['unchair', 'Kim', 'Who leads it no longer'],
  ['nextmeeting', 'Tuesday 10:00', 'When you meet again'],
  ['startmeeting', 'name', 'Make it a meeting'],
  ['title', 'name', 'Name the meeting'],
  ['status', '', 'How things stand'],
  ['draft', '', 'What would be published now'],
  ['hold', '', 'Stop a publication that is about to go out'],
  ['skip', '', 'Pass the question that is asked'],
  ['stop', '', 'End the questions'],
  ['forget', '', 'Take everything of yours off the record'],
  ['help', '', 'What the reporter understands'],
];
const SAME = { decision: 'agreed decided resolved', action: 'todo', endmeeting: 'end', propose: 'proposal', startvote: 'poll', off: 'secret' };

/**
 * @typedef {{kind: '@' | '/', start: number, typed: string, sign: string}} Begun
 * @typedef {{insert: string, name: string, hint: string, face: string, tint: string, done: boolean}} Option *done*: it needs nothing after it
 */

/** What is being begun at the caret. @param {string} text @param {number} caret @returns {Begun | null} */
export function begun(text, caret) {
  const before = text.slice(0, caret);
  const order = /^\s*([/#])([a-z]*(?: [a-z]*)?)$/iu.exec(before);
  if (order) return { kind: '/', start: before.indexOf(order[1]), typed: order[2].toLowerCase(), sign: order[1] };
  const name = /(?:^|[\s(])@([\p{L}\p{N}._'’ -]{0,30})$/u.exec(before);
  return name && !/\s{2}|\s\S*\s\S*\s/u.test(name[1]) ? { kind: '@', start: caret - name[1].length - 1, typed: name[1].toLowerCase(), sign: '@' } : null;
}

/** @param {string} typed @param {string} sign @returns {Option[]} */
export function orders(typed, sign) {
  const rank = (/** @type {[string, string, string]} */ [word]) => (word.startsWith(typed) ? 0 : (SAME[word] ?? '').split(' ').some((other) => typed && other.startsWith(typed)) ? 1 : word.includes(typed) && typed.length > 1 ? 2 : 9);
  const fitting = ORDERS.map((order, i) => ({ order, by: rank(order) * 100 + i })).filter(({ by }) => by < 900).sort((a, b) => a.by - b.by);
  return fitting.slice(0, MOST).map(({ order: [word, takes, hint] }) => ({ insert: `${sign}${word}${takes ? ' ' : ''}`, name: `${sign}${word}`, hint: takes ? `${hint}: ${takes}` : hint, face: '', tint: '', done: !takes }));
}

/** @param {string[]} names @param {string} typed @returns {string[]} those that begin so, then those with a word that does */
export function namesLike(names, typed) {
  const all = [...new Set(names)];
  const first = all.filter((name) => name.toLowerCase().startsWith(typed));
  const later = all.filter((name) => !first.includes(name) && name.toLowerCase().split(/\s+/u).some((word) => word.startsWith(typed)));
  return [...first, ...later].slice(0, MOST);
}

/** @param {any} app @param {Begun} at @returns {Option[]} */
export function options(app, at) {
  if (at.kind === '/') return orders(at.typed, at.sign);
  const here = peopleHere(app, app.room);
  const inside = here.filter((one) => !one.me).map((one) => one.nick);
  const invited = guestsOf(app.topic, here).map((guest) => guest.name).filter(Boolean);
  return namesLike([...inside, ...invited], at.typed).map((name) => ({
    insert: `@${name} `, name, hint: inside.includes(name) ? 'here' : 'invited', face: initial(name), tint: tint(name), done: false,
  }));
}
