/**
 * Where a topic stands in the column and what it waits for: something of mine to confirm or approve. Pure, but for the
 * fetching of what that needs.
 */
import { clock, day, daysBetween, hours, moment, topicLine, weekday } from '../words.js';
import { t } from '../words/language.js';
import { isOpen } from './spine.js';
import { endOf } from './standing.js';

const FETCHED = 6;

/** The groups of the column, in their order. */
export const groupNames = () => ({ live: t`Live now`, planned: t`Coming up`, waiting: t`Waiting for you`, ended: t`Ended`, published: t`Published` });

/**
 * @typedef {import('../xmpp/read.js').Topic} Topic
 * @typedef {import('../xmpp/read.js').Outcome} Outcome
 * @typedef {{account: string, name: string}} Me
 */

/** @param {Outcome | undefined} outcome @param {Me} me @param {boolean} owner @returns {number} entries that are mine to confirm */
export function toConfirm(outcome, me, owner) {
  const mine = (/** @type {any} */ entry) => owner || entry.owner.toLowerCase() === me.name.toLowerCase();
  return outcome?.entries.filter((entry) => ['action', 'decision'].includes(entry.kind) && isOpen(entry) && mine(entry)).length ?? 0;
}

/** Whether its time is over and nobody is there: nobody came, or all have left. @param {Topic} topic @param {Date} now */
function isOver({ state, start, minutes, empty }, now) {
  const from = state === 'planned' || (state === 'live' && empty) ? (start ?? empty) : null;
  return Boolean(from) && Number(from) + minutes * 60_000 < now.getTime();
}

/** @param {Topic} topic @param {Outcome | undefined} outcome @param {Me} me @param {Date} now @returns {keyof ReturnType<typeof groupNames>} */
export function groupOf(topic, outcome, me, now) {
  const owner = topic.owner === me.account;
  if (isOver(topic, now)) return owner ? 'waiting' : 'ended';
  if (topic.state !== 'ended') return /** @type {any} */ (Object.hasOwn(groupNames(), topic.state) ? topic.state : 'planned');
  return owner || toConfirm(outcome, me, owner) ? 'waiting' : 'ended';
}

/** When a talk ended, as far as it is known: the time of today, else the day. @param {Topic} topic @param {Outcome | undefined} outcome @param {Date} now */
function endWords(topic, outcome, now) {
  const at = outcome && endOf(outcome, topic);
  if (at) return moment(at, now);
  if (!topic.start) return '';
  const days = Math.abs(daysBetween(topic.start, now));
  return !days ? t`today` : days < 6 ? weekday(topic.start) : day(topic.start, now);
}

/** Ended Fri 14:02. @param {Topic} topic @param {Outcome | undefined} outcome @param {Date} now @returns {string} */
export function ended(topic, outcome, now) {
  const at = endWords(topic, outcome, now);
  return at ? t`Ended ${at}` : t`Ended`;
}

/** In *waiting*: what for. @param {Topic} topic @param {Outcome | undefined} outcome @param {Me} me */
function waitsFor(topic, outcome, me) {
  const owner = topic.owner === me.account;
  const open = toConfirm(outcome, me, owner);
  if (open) return t`${open} to confirm`;
  if (!outcome || !owner) return t`not published yet`;
  if (outcome.mode === 'grace') return outcome.until ? t`goes out at ${clock(outcome.until)}` : t`goes out soon`;
  if (outcome.mode === 'interviewing') return t`the reporter asks`;
  return outcome.known ? t`ready to approve` : t`nothing kept`;
}

/**
 * The second row of a topic, one sentence.
 * @param {Topic} topic @param {Outcome | undefined} outcome @param {Me} me @param {Date} now @param {number} here people in the room, 0 when unknown
 */
export function rowLine(topic, outcome, me, now, here) {
  const ms = topic.start ? now.getTime() - topic.start.getTime() : 0;
  if (topic.state === 'live') {
    if (topic.empty && !here) return topicLine(topic, now);
    const minutes = Math.round(ms / 60_000);
    const since = minutes > 0 && minutes < 600 ? `${hours(minutes < 60 ? minutes : minutes - (minutes % 60))}, ` : '';
    return `${since}${topicLine(topic, now, here)}`;
  }
  if (topic.state === 'ended') return `${ended(topic, outcome, now)}, ${waitsFor(topic, outcome, me)}`;
  if (topic.state === 'published') {
    const at = (outcome && endOf(outcome, topic)) ?? (ms >= 0 ? topic.start : null); // what was held before its day has none
    return at ? t`Published ${day(at, now)}` : t`Published`;
  }
  if (isOver(topic, now)) return t`Was planned for ${day(topic.start ?? now, now)}, nobody came`;
  const coming = topic.invitees.filter((one) => one.state === 'accepted').length;
  const all = topic.invitees.filter((one) => one.state !== 'revoked').length;
  return `${topicLine(topic, now)}${topic.start && coming ? t`, ${coming} of ${all} coming` : ''}`;
}

/** @param {Topic} a @param {Topic} b */
export function byStart(a, b) {
  const [x, y] = [a, b].map((topic) => topic.start?.getTime() ?? Number.MAX_SAFE_INTEGER);
  return x - y || a.name.localeCompare(b.name);
}

/** What is over comes the other way round: the last one first. @param {Topic} a @param {Topic} b */
export const byEnd = (a, b) => (b.start?.getTime() ?? 0) - (a.start?.getTime() ?? 0) || a.name.localeCompare(b.name);

/** The outcomes of what has ended, since they say what waits for me: a few, one after the other. @param {any} client */
export async function fetchEnded(client) {
  const ended = [...client.topics.values()].filter((topic) => topic.state === 'ended' && !client.outcomes.has(topic.id)).sort(byEnd);
  for (const topic of ended.slice(0, FETCHED)) await client.outcome(topic.id).catch(() => {}); // only a word in the column
}
