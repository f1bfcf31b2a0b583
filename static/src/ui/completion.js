/**
 * What may be meant by what is being typed: `@` and the beginning of a name, `/` or `#` and the beginning of an order to the
 * reporter (docs/reporter.md). Pure but for whom it asks.
 */
import { t } from '../words/language.js';
import { guestsOf, peopleHere } from './people.js';
import { initial, tint } from './plain.js';

const MOST = 8;

/** Orders with what they take and do; those of every day first. @type {() => [string, string, string][]} */
export const allOrders = () => [
  ['action', t`Kim to call by Friday`, t`Who does what by when`],
  ['decision', t`text`, t`What is settled`],
  ['question', t`text`, t`What stays open`],
  ['topic', t`text`, t`What comes next`],
  ['propose', t`text`, t`Put something up for agreement`],
  ['endmeeting', '', t`End the talk and publish it`],
  ['publish', '', t`Ask for publication`],
  ['off', '', t`Off the record, for all`],
  ['on', '', t`Back on the record`],
  ['off me', '', t`Keep your own words out`],
  ['agenda', t`point, point`, t`Announce several points`],
  ['startvote', t`Friday? yes, no`, t`Open a vote`],
  ['vote', t`yes`, t`Give your voice`],
  ['endvote', '', t`Count the voices`],
  ['showvote', '', t`How the vote stands`],
  ['assign', 'A1 Kim', t`Who does an action`],
  ['due', t`A1 Friday`, t`Until when`],
  ['done', 'A1', t`It is done`],
  ['cancel', 'A1', t`It is not done any more`],
  ['reopen', 'A1', t`It is open again`],
  ['ok', 'A4', t`Confirm what was found`],
  ['no', 'A4', t`Refuse what was found`],
  ['edit', t`A1 text`, t`Say an item otherwise`],
  ['drop', 'A1', t`Take an item off the record`],
  ['restore', 'A1', t`Bring an item back`],
  ['supersede', t`D1 text`, t`A decision in another’s place`],
  ['undo', '', t`Take the newest item off`],
  ['info', t`text`, t`A note`],
  ['idea', t`text`, t`An idea`],
  ['link', 'https://…', t`An address to keep`],
  ['present', 'Kim, Tom', t`Who is there and says nothing`],
  ['chair', 'Kim', t`Who leads the meeting`],
  ['unchair', 'Kim', t`Who leads it no longer`],
  ['nextmeeting', t`Tuesday 10:00`, t`When you meet again`],
  ['startmeeting', t`name`, t`Make it a meeting`],
  ['title', t`name`, t`Name the meeting`],
  ['status', '', t`How things stand`],
  ['draft', '', t`What would be published now`],
  ['hold', '', t`Stop a publication that is about to go out`],
  ['skip', '', t`Pass the question that is asked`],
  ['stop', '', t`End the questions`],
  ['forget', '', t`Take everything of yours off the record`],
  ['help', '', t`What the reporter understands`],
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
  const fitting = allOrders().map((order, i) => ({ order, by: rank(order) * 100 + i })).filter(({ by }) => by < 900).sort((a, b) => a.by - b.by);
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
    insert: `@${name} `, name, hint: inside.includes(name) ? t`here` : t`invited`, face: initial(name), tint: tint(name), done: false,
  }));
}
