/**
 * How the dashboard says dates, distances, counts and failures: short, in the present tense, with weekday, date, time,
 * zone and distance (the voice of the product). Pure: time and zone are arguments.
 */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @param {Date} date @param {Intl.DateTimeFormatOptions} options */
function parts(date, options) {
  const found = new Intl.DateTimeFormat('en-GB', { ...options, hourCycle: 'h23' }).formatToParts(date);
  return Object.fromEntries(found.map(({ type, value }) => [type, value]));
}

/** @param {Date} date @returns {string} 15:00 */
export function clock(date) {
  const { hour, minute } = parts(date, { hour: '2-digit', minute: '2-digit' });
  return `${hour}:${minute}`;
}

/** @param {Date} date @param {Date} now @returns {string} Tue 24 Nov, with the year when it is another one */
export function day(date, now) {
  const { weekday, day: number, month, year } = parts(date, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  return `${weekday} ${number} ${month}${date.getFullYear() === now.getFullYear() ? '' : ` ${year}`}`;
}

/** @param {Date} date @returns {string} Tuesday 24 November */
export function longDay(date) {
  const { weekday, day: number, month } = parts(date, { weekday: 'long', day: 'numeric', month: 'long' });
  return `${weekday} ${number} ${month}`;
}

/** @param {Date} date @returns {string} CET */
export function zone(date) {
  return parts(date, { hour: '2-digit', timeZoneName: 'short' }).timeZoneName ?? '';
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
  if (days === 1) return 'tomorrow';
  if (days === -1) return 'yesterday';
  if (days > 1) return `in ${days} days`;
  if (days < -1) return `${-days} days ago`;
  const minutes = Math.round(Math.abs(ms) / MINUTE);
  if (minutes < 1) return 'now';
  const size = minutes < 60 ? `${minutes} min` : hours(minutes);
  return ms > 0 ? `in ${size}` : `${size} ago`;
}

/** @param {number} minutes */
function hours(minutes) {
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  return m ? `${h} h ${m} min` : `${h} h`;
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

/** @param {number} n @param {string} one @param {string} [many] */
export function count(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}

/** @param {string[]} names @returns {string} Ann, Kim and Tom */
export function list(names) {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/**
 * The second row of a topic, one sentence.
 * @param {import('./xmpp/read.js').Topic} topic
 * @param {Date} now
 * @param {number} here how many people are in the room, 0 when unknown
 */
export function topicLine(topic, now, here = 0) {
  if (topic.state === 'published') return 'Published';
  if (topic.state === 'ended') return topic.start ? `Ended, ${day(topic.start, now)}` : 'Ended, not published yet';
  if (topic.state === 'live') return here ? `${here} here` : 'people are here';
  if (!topic.start) return 'Starts when the first guest arrives';
  const ms = topic.start.getTime() - now.getTime();
  if (ms < 0) return `Was planned for ${day(topic.start, now)}, ${clock(topic.start)}`;
  if (ms < MINUTE) return 'Starts now';
  if (ms < HOUR) return `Starts in ${Math.round(ms / MINUTE)} min, ${clock(topic.start)}`;
  const days = daysBetween(topic.start, now);
  if (days === 0) return `In ${hours(Math.round(ms / MINUTE))}, ${clock(topic.start)}`;
  if (days === 1) return `Tomorrow ${clock(topic.start)}`;
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
  if (condition === 'withdrawn') return `${what} You took it back.`;
  if (condition === 'offline') return `${what} You are offline; your words are kept.`;
  if (condition === 'timeout') return `${what} There was no answer within half a minute; your words are kept. Try again.`;
  if (words) return `${what} ${words}`;
  if (['service-unavailable', 'remote-server-not-found'].includes(condition)) return `${what} That part of CCM is off just now. Everything else works.`;
  if (condition === 'resource-constraint') return `${what} It is busy just now. Try again in a minute.`;
  if (['forbidden', 'not-allowed'].includes(condition)) return `${what} Only the topic’s owner may do that.`;
  return `${what} Try again.`;
}

/** @param {{reason?: string, words?: string, message?: string}} error @returns {string} why somebody is not signed in */
export function signInFailure(error) {
  if (error.reason === 'wrong') return 'That address and password do not go together. Nothing was changed. If you have just registered, open the link in the mail first.';
  if (error.reason === 'unreachable') return 'There is no connection just now. What you typed is kept; try again in a moment.';
  return `Sign-in was refused: ${error.message}`;
}
