/**
 * Elements of the wire read into plain objects: messages, presences, archive results, and CCM's own topics, outcomes,
 * invitees and corrections (docs/protocol.md). Pure; unknown parts are passed over.
 */
import { NS } from './names.js';
import { readFile, readReply } from './replies.js';
import { attr, bare, kid, kids, resource, text } from './xml.js';

/** A language tag, `''` for what is none (BCP 47). @param {string} told */
const tongue = (told) => (/^[a-z]{2,8}(?:-[a-z\d]{1,8})*$/iu.test(told) ? told : '');

/**
 * @typedef {{id: string, originId: string, clientId: string, room: string, nick: string, body: string, at: Date,
 *   delayed: boolean, subject: string | null, replaces: string, retracts: string, reactsTo: string, reactions: string[],
 *   reply: import('./replies.js').Reply | null, file: import('./replies.js').SharedFile | null, displayed: string,
 *   lang: string, record: boolean | null, typing: '' | 'composing' | 'paused', error: RequestError | null, jid: string, occupant: string}} RoomMessage
 * @typedef {{nick: string, room: string, type: string, jid: string, affiliation: string, role: string, codes: string[],
 *   show: string, newNick: string, error: RequestError | null, occupant: string}} RoomPresence
 * @typedef {{id: string, address: string, name: string, state: string, jid: string, reason: string}} Invitee
 * @typedef {{id: string, name: string, room: string, state: string, empty: Date | null, start: Date | null, minutes: number,
 *   zone: string, owner: string, ownerName: string, visibility: string, revision: number, document: string,
 *   targets: {name: string, chosen: boolean}[], invitees: Invitee[]}} Topic *empty*: since when nobody is in its room, while it is live
 * @typedef {{id: string, label: string}} Alternative
 * @typedef {{code: string, was: string, now: string, other: string, text: string, topic: string, undo: string, alternatives: Alternative[]}} Correction
 * @typedef {{by: string, id: string, at: Date | null, text: string}} Value
 * @typedef {{name: string, label: string, question: string, values: Value[]}} Attribute
 * @typedef {{option: string, by: string}} Vote
 * @typedef {{kind: string, id: string, text: string, owner: string, due: string, phrase: string, status: string, by: string,
 *   at: Date | null, source: string, topic: string, how: string, supersedes: string, found: boolean, sure: boolean,
 *   assumed: boolean, votes: Vote[]}} Entry *found*: in free talk, and nobody has confirmed it
 * @typedef {{name: string, state: string, url: string, reason: string, again: Date | null}} Target where a document goes
 * @typedef {{question: string, by: string, source: string, at: Date | null, options: string[], votes: Vote[]}} Poll
 * @typedef {{topic: string, room: string, type: string, label: string, mode: string, revision: number, asking: string,
 *   document: string, until: Date | null, ended: Date | null, next: string, version: number, interview: boolean, known: boolean, news: string, chair: string, attributes: Attribute[], entries: Entry[], targets: Target[],
 *   poll: Poll | null, parts: Map<string, any>}} Outcome *known*: somebody said what kind it is, or anything that is kept; *parts*: attributes, entries and the rest by the ids of their items
 * @typedef {{kind: 'message' | 'document', topic: string, name: string, id: string, url: string, by: string, at: Date | null,
 *   parts: {text: string, found: boolean}[]}} Hit
 * @typedef {{hits: Hit[], total: number, behind: boolean}} Found
 * @typedef {{title: string, headline: string, label: string, version: number, lines: number, points: {title: string, minutes: string,
 *   source: string, sentences: {text: string, sources: string[]}[]}[], present: string[], absent: string[]}} Draft
 */

/** A request that was answered by an error, or by nobody in time. */
export class RequestError extends Error {
  /**
   * @param {string} condition the stanza error, `offline` or `timeout`
   * @param {string} words what the other side says about it, for a person
   */
  constructor(condition, words = '') {
    super(words || condition);
    this.name = 'RequestError';
    this.condition = condition;
    this.words = words;
  }
}

/** @param {string} stamp @returns {Date | null} */
export function instant(stamp) {
  const date = stamp ? new Date(stamp) : null;
  return date && !Number.isNaN(date.getTime()) ? date : null;
}

/** @param {Element} stanza @returns {RequestError} */
export function readError(stanza) {
  const error = kid(stanza, 'error');
  const condition = kids(error).find((child) => child.localName !== 'text' && child.namespaceURI === NS.stanzas);
  return new RequestError(condition?.localName ?? 'undefined-condition', text(kid(error, 'text')));
}

/**
 * @param {Element} message of a room, live or forwarded
 * @param {{id?: string, at?: Date | null, now?: Date}} [known] what an archive result says about it
 * @returns {RoomMessage}
 */
export function readMessage(message, known = {}) {
  const from = attr(message, 'from');
  const room = bare(from);
  const delay = kids(message, 'delay', NS.delay)[0];
  const mine = kids(message, 'stanza-id', NS.sid).find((el) => bare(attr(el, 'by')) === room);
  const reactions = kid(message, 'reactions', NS.reactions);
  const record = kid(message, 'record', NS.record);
  const state = kids(message, undefined, NS.chatStates)[0]?.localName;
  const subject = kid(message, 'subject');
  const isError = attr(message, 'type') === 'error';
  const said = text(kid(message, 'body'));
  const { body, reply } = readReply(message, said);
  return {
    id: known.id || attr(mine, 'id'),
    originId: attr(kid(message, 'origin-id', NS.sid), 'id'),
    clientId: attr(message, 'id'),
    room,
    nick: resource(from),
    occupant: attr(kid(message, 'occupant-id', NS.occupant), 'id'),
    body,
    lang: tongue(attr(kid(message, 'body'), 'xml:lang') || attr(message, 'xml:lang')),
    reply,
    file: readFile(message, body),
    displayed: attr(kid(message, 'displayed', NS.markers), 'id'),
    at: known.at || instant(attr(delay, 'stamp')) || known.now || new Date(),
    delayed: Boolean(known.at || delay),
    subject: subject && !kid(message, 'body') && !kid(message, 'thread') ? text(subject) : null,
    replaces: attr(kid(message, 'replace', NS.correct), 'id'),
    retracts: attr(kid(message, 'retract', NS.retract), 'id'),
    reactsTo: attr(reactions, 'id'),
    reactions: kids(reactions, 'reaction').map(text),
    record: record ? attr(record, 'on') !== 'false' : null,
    typing: state === 'composing' ? 'composing' : state ? 'paused' : '',
    error: isError ? readError(message) : null,
    jid: attr(kid(kid(message, 'x', NS.mucUser), 'item'), 'jid'),
  };
}

/** @param {Element} presence @returns {RoomPresence} */
export function readPresence(presence) {
  const from = attr(presence, 'from');
  const x = kid(presence, 'x', NS.mucUser);
  const item = kid(x, 'item');
  const type = attr(presence, 'type');
  return {
    nick: resource(from),
    room: bare(from),
    type,
    occupant: attr(kid(presence, 'occupant-id', NS.occupant), 'id'),
    jid: bare(attr(item, 'jid')),
    affiliation: attr(item, 'affiliation') || 'none',
    role: attr(item, 'role') || 'none',
    codes: kids(x, 'status').map((el) => attr(el, 'code')),
    show: text(kid(presence, 'show')),
    newNick: attr(item, 'nick'),
    error: type === 'error' ? readError(presence) : null,
  };
}

/**
 * @param {Element} message
 * @returns {{queryId: string, message: RoomMessage} | null} an archive result (XEP-0313 §4.2), or `null`
 */
export function readResult(message) {
  const result = kid(message, 'result', NS.mam);
  const forwarded = kid(result, 'forwarded', NS.forward);
  const inner = kid(forwarded, 'message');
  if (!result || !inner) return null;
  const at = instant(attr(kid(forwarded, 'delay'), 'stamp'));
  return { queryId: attr(result, 'queryid'), message: readMessage(inner, { id: attr(result, 'id'), at }) };
}

/** @param {Element} iq @returns {{complete: boolean, first: string, last: string}} the end of an archive page (§4.3) */
export function readFin(iq) {
  const fin = kid(iq, 'fin', NS.mam);
  const set = kid(fin, 'set', NS.rsm);
  return { complete: attr(fin, 'complete') === 'true', first: text(kid(set, 'first')), last: text(kid(set, 'last')) };
}

/** @param {Element} element @returns {Invitee} */
export function readInvitee(element) {
  const [id, address, name, state, jid, reason] = ['id', 'address', 'name', 'state', 'jid', 'reason'].map((n) => attr(element, n));
  return { id, address, name, state, jid, reason };
}

/** @param {Element} element @returns {Topic} */
export function readTopic(element) {
  return {
    id: attr(element, 'id'),
    name: attr(element, 'name'),
    room: attr(element, 'room'),
    state: attr(element, 'state') || 'planned',
    empty: instant(attr(element, 'empty-since')),
    start: instant(attr(element, 'start')),
    minutes: Number(attr(element, 'minutes')) || 60,
    zone: attr(element, 'tz'),
    owner: attr(element, 'owner'),
    ownerName: attr(element, 'owner-name'),
    visibility: attr(element, 'visibility') || 'public',
    revision: Number(attr(element, 'revision')) || 0,
    document: attr(element, 'document'),
    targets: kids(element, 'target').map((one) => ({ name: attr(one, 'name'), chosen: attr(one, 'chosen') === 'true' })),
    invitees: kids(element, 'invitee').map(readInvitee),
  };
}

/** @param {Element} element @param {string} [topic] @returns {Correction} */
export function readCorrection(element, topic = '') {
  return {
    code: attr(element, 'code'),
    was: attr(element, 'was'),
    now: attr(element, 'now'),
    other: attr(element, 'other'),
    text: [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.nodeValue).join('').replace(/\s+/g, ' ').trim(),
    topic: attr(element, 'topic') || topic,
    undo: attr(element, 'undo'),
    alternatives: kids(element, 'alternative').map((el) => ({ id: attr(el, 'id'), label: text(el).trim() })),
  };
}

/**
 * @param {Element} iq the answer of topics or invitations
 * @returns {{topic: Topic | null, gone: string, corrections: Correction[], invitees: Invitee[]}} *gone*: the topic that is no more
 */
export function readDone(iq) {
  const done = kid(iq, 'done');
  const topicElement = kid(done, 'topic');
  const topic = topicElement ? readTopic(topicElement) : null;
  return {
    topic,
    gone: attr(kid(done, 'gone'), 'id'),
    corrections: kids(done, 'correction').map((el) => readCorrection(el, topic?.id)),
    invitees: kids(done, 'invitee').map(readInvitee),
  };
}
