/**
 * What a message says about another: a reply (XEP-0461 0.2) with the quotation that clients without replies show
 * (XEP-0428; characters counted as in XEP-0426), and files (XEP-0447 with XEP-0446, XEP-0066). Pure.
 */
import { NS } from './names.js';
import { attr, kid, kids, resource, text } from './xml.js';

const QUOTED_LINES = 3;
const QUOTED_CHARACTERS = 240;

/**
 * @typedef {{id: string, nick: string, words: string}} Reply *words*: of what is answered, as far as the quotation has them
 * @typedef {{url: string, name: string, size: number, type: string, width: number, height: number}} SharedFile *size* 0: not told
 */

/** The quotation before a reply. @param {Reply} reply @returns {string} */
export function quotation({ nick, words }) {
  const short = [...words].slice(0, QUOTED_CHARACTERS).join('');
  const lines = short.split('\n').slice(0, QUOTED_LINES);
  return [`${nick} wrote:`, ...lines].map((line) => `> ${line}\n`).join('');
}

/**
 * @param {Element} message
 * @param {string} body as it came
 * @returns {{body: string, reply: Reply | null}} *body* without the quotation of a reply
 */
export function readReply(message, body) {
  const element = kid(message, 'reply', NS.reply);
  const id = attr(element, 'id');
  if (!id) return { body, reply: null };
  const span = kids(kids(message, 'fallback', NS.fallback).find((el) => attr(el, 'for') === NS.reply), 'body')[0];
  const letters = [...body];
  const [start, end] = [attr(span, 'start'), attr(span, 'end')].map((n) => (/^\d{1,7}$/u.test(n) ? Number(n) : -1));
  const marked = start >= 0 && end > start && end <= letters.length;
  const own = marked ? [...letters.slice(0, start), ...letters.slice(end)].join('').trim() : body;
  const quoted = marked ? letters.slice(start, end).join('').split('\n').map((line) => line.replace(/^> ?/u, '')) : [];
  if (/^.{1,80} wrote:$/u.test(quoted[0] ?? '')) quoted.shift();
  return { body: own || body, reply: { id, nick: resource(attr(element, 'to')), words: quoted.join(' ').trim() } };
}

/** @param {Element} message @param {string} body @returns {SharedFile | null} */
export function readFile(message, body) {
  const sharing = kid(message, 'file-sharing', NS.sharing);
  const file = kid(sharing, 'file', NS.file);
  const source = kid(kid(sharing, 'sources'), 'url-data', NS.urlData);
  const url = attr(source, 'target') || text(kid(kid(message, 'x', NS.oob), 'url'));
  if (!/^https?:\/\/\S+$/iu.test(url) || (body && body.trim() !== url)) return null;
  const number = (/** @type {string} */ name) => Math.max(0, Math.min(Number(text(kid(file, name))) || 0, 1e15));
  return {
    url, name: text(kid(file, 'name')).slice(0, 200) || nameOf(url), size: number('size'), type: text(kid(file, 'media-type')),
    width: number('width'), height: number('height'),
  };
}

/** @param {string} url */
function nameOf(url) {
  try {
    return decodeURIComponent(new URL(url).pathname.split('/').pop() ?? '') || url;
  } catch {
    return url;
  }
}

/**
 * Write what a message says about another, and a file, into it; its body as well.
 * @param {any} message a builder at the message
 * @param {{body: string, reply?: Reply | null, file?: SharedFile | null}} said
 * @param {string} room
 */
export function write(message, { body, reply, file }, room) {
  // An order to the reporter goes without quotation: it is one in any room.
  const before = reply && reply.words && !/^[#/]/u.test(body) ? quotation(reply) : '';
  message.c('body', {}, before + body);
  if (reply) message.c('reply', { xmlns: NS.reply, id: reply.id, to: `${room}/${reply.nick}` }).up();
  if (before) message.c('fallback', { xmlns: NS.fallback, for: NS.reply }).c('body', { start: '0', end: String([...before].length) }).up().up();
  if (!file) return;
  message.c('file-sharing', { xmlns: NS.sharing, disposition: 'inline' }).c('file', { xmlns: NS.file });
  message.c('media-type', {}, file.type || 'application/octet-stream').c('name', {}, file.name).c('size', {}, String(file.size));
  if (file.width) message.c('width', {}, String(file.width)).c('height', {}, String(file.height));
  message.up().c('sources').c('url-data', { xmlns: NS.urlData, target: file.url }).up().up().up();
  message.c('x', { xmlns: NS.oob }).c('url', {}, file.url).up();
  message.c('fallback', { xmlns: NS.fallback, for: NS.sharing }).c('body').up().up();
}
