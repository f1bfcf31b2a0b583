/**
 * How the dashboard says dates, distances, counts and failures: short, in the present tense, with weekday, date, time,
 * zone and distance (the voice of the product). Pure: time and zone are arguments.
 */
import { language, locale, plural, t } from './words/language.js';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const CLOCK = /** @type {const} */ ({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DAY_OF_YEAR = /** @type {const} */ ({ weekday: 'short', day: 'numeric', month: 'short' });
const DATE = /** @type {const} */ ({ ...DAY_OF_YEAR, year: 'numeric' });
const WEEKDAY = /** @type {const} */ ({ weekday: 'short' });
const LONG_DAY = /** @type {const} */ ({ weekday: 'long', day: 'numeric', month: 'long' });
const ZONE = /** @type {const} */ ({ hour: '2-digit', timeZoneName: 'short' });
const AWAY = /** @type {const} */ ({ numeric: 'auto' });

const formats = new Map();
let formatsOf = '';

/**
 * A format of Intl, which takes long to make and is asked for by every row: kept while language and place are the same.
 * @template T @param {new (place: string, options: any) => T} Format @param {object} options one of the constants above
 * @returns {T}
 */
function format(Format, options) {
  const here = `${locale()} ${new Date().getTimezoneOffset()}`;
  if (here !== formatsOf) formats.clear();
  formatsOf = here;
  const found = formats.get(options) ?? new Format(locale(), options);
  formats.set(options, found);
  return found;
}

/** @param {Date} date @param {Intl.DateTimeFormatOptions} options */
const said = (date, options) => format(Intl.DateTimeFormat, options).format(date);

/** English without its commas: Tue 24 Nov. @param {Date} date @param {Intl.DateTimeFormatOptions} options */
const plainly = (date, options) => (language() === 'en' ? said(date, options).replaceAll(',', '') : said(date, options));

/** @param {Date} date @returns {string} 15:00 */
export const clock = (date) => said(date, CLOCK);

/** @param {Date} date @param {Date} now @returns {string} Tue 24 Nov, with the year when it is another one */
export function day(date, now) {
  return plainly(date, date.getFullYear() === now.getFullYear() ? DAY_OF_YEAR : DATE);
}

/** @param {Date} date @returns {string} Tue */
export const weekday = (date) => said(date, WEEKDAY);

/** A time that has passed: 14:15, Fri 14:15, Fri 13 Nov 14:15. @param {Date} date @param {Date} now */
export function moment(date, now) {
  const days = Math.abs(daysBetween(date, now));
  return days ? `${days < 6 ? weekday(date) : day(date, now)} ${clock(date)}` : clock(date);
}

/** @param {Date} date @returns {string} Tuesday 24 November */
export const longDay = (date) => plainly(date, LONG_DAY);

/** @param {Date} date @returns {string} CET */
export function zone(date) {
  const parts = format(Intl.DateTimeFormat, ZONE).formatToParts(date);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** @param {Date} a @param {Date} b @returns {number} whole calendar days from b to a */
export function daysBetween(a, b) {
  const midnight = (/** @type {Date} */ d) => Date.UTC(d.getFullYear(), d.getMonth(), d.getDate());
  return Math.round((midnight(a) - midnight(b)) / DAY);
}

/** @param {Date} date @param {Date} now @returns {string} tomorrow, in 46 min, 3 days ago */
export function distance(date, now) {
  const ms = date.getTime() - now.getTime();
  const days = daysBetween(date, now);
  if (days) return format(Intl.RelativeTimeFormat, AWAY).format(days, 'day');
  const minutes = Math.round(Math.abs(ms) / MINUTE);
  if (minutes < 1) return t`now`;
  const size = hours(minutes);
  return ms > 0 ? t`in ${size}` : t`${size} ago`;
}

/** @param {number} minutes @returns {string} 46 min, 2 h 15 min */
export function hours(minutes) {
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  if (!h) return t`${m} min`;
  return m ? t`${h} h ${m} min` : t`${h} h`;
}

/** @param {Date} date @param {Date} now @returns {string} Tue 24 Nov, 15:00 CET, tomorrow */
export function when(date, now) {
  return `${day(date, now)}, ${clock(date)} ${zone(date)}, ${distance(date, now)}`;
}

/**
 * When people meet again, as the topic's own clocks show it.
 * @param {{next: string}} outcome *next*: without zone @param {{zone: string}} topic @param {Date} now
 */
export function nextMeeting({ next }, topic, now) {
  const at = next ? new Date(next) : null;
  if (!at || Number.isNaN(at.getTime())) return next;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `${day(at, now)}, ${clock(at)}${topic.zone && topic.zone !== here ? ` (${topic.zone})` : ''}`;
}

/** @param {string[]} names @returns {string} Ann, Kim and Tom */
export const list = (names) => new Intl.ListFormat(locale()).format(names);

/** @param {string[]} names @param {string} at `''` if no time is known */
export const invitedFor = (names, at) => (at ? plural(names.length, '{1} is invited for {2}.', '{1} are invited for {2}.', list(names), at) : plural(names.length, '{1} is invited.', '{1} are invited.', list(names)));

/** @param {string[]} names @returns {string} Ann or Kim */
export const either = (names) => new Intl.ListFormat(locale(), { type: 'disjunction' }).format(names);

/**
 * The second row of a topic, one sentence.
 * @param {import('./xmpp/read.js').Topic} topic
 * @param {Date} now
 * @param {number} here how many people are in the room, 0 when unknown
 */
export function topicLine(topic, now, here = 0) {
  if (topic.state === 'published') return t`Published`;
  if (topic.state === 'ended') return topic.start ? t`Ended, ${day(topic.start, now)}` : t`Ended, not published yet`;
  if (topic.state === 'live') return here ? t`${here} here` : topic.empty ? t`Nobody has been here since ${moment(topic.empty, now)}` : t`people are here`;
  if (!topic.start) return t`Starts when the first guest arrives`;
  const ms = topic.start.getTime() - now.getTime();
  if (ms < 0) return t`Was planned for ${day(topic.start, now)}, ${clock(topic.start)}`;
  if (ms < MINUTE) return t`Starts now`;
  if (ms < HOUR) return t`Starts in ${Math.round(ms / MINUTE)} min, ${clock(topic.start)}`;
  const days = daysBetween(topic.start, now);
  if (days === 0) return t`In ${hours(Math.round(ms / MINUTE))}, ${clock(topic.start)}`;
  if (days === 1) return t`Tomorrow ${clock(topic.start)}`;
  return `${day(topic.start, now)}, ${clock(topic.start)}`;
}

/**
 * A failed request in the product's order: what did not happen, what is kept, what can be done.
 * @param {unknown} error
 * @param {string} what did not happen: "The invitation was not sent."
 */
export function failure(error, what) {
  const condition = /** @type {any} */ (error)?.condition ?? '';
  const words = /** @type {any} */ (error)?.words ?? '';
  if (condition === 'withdrawn') return `${what} ${t`You took it back.`}`;
  if (condition === 'offline') return `${what} ${t`You are offline; your words are kept.`}`;
  if (condition === 'timeout') return `${what} ${t`There was no answer within half a minute; your words are kept. Try again.`}`;
  if (words) return `${what} ${words}`;
  if (['service-unavailable', 'remote-server-not-found'].includes(condition)) return `${what} ${t`That part of CCM is off just now. Everything else works.`}`;
  if (condition === 'resource-constraint') return `${what} ${t`It is busy just now. Try again in a minute.`}`;
  if (['forbidden', 'not-allowed'].includes(condition)) return `${what} ${t`Only the topic’s owner may do that.`}`;
  return `${what} ${t`Try again.`}`;
}

/** @param {{reason?: string, words?: string, message?: string}} error @returns {string} why somebody is not signed in */
export function signInFailure(error) {
  if (error.reason === 'wrong') return t`That address and password do not go together. Nothing was changed. If you have just registered, open the link in the mail first.`;
  if (error.reason === 'unreachable') return t`There is no connection just now. What you typed is kept; try again in a moment.`;
  return t`Sign-in was refused: ${error.message}`;
}
