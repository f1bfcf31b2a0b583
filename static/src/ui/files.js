/**
 * Files on their way into a talk: a place is asked for, the bytes go there by HTTP with progress, and then a message says
 * where they are. What fails says why and may be tried again.
 */
import { Upload, bytes } from '../xmpp/upload.js';
import { t } from '../words/language.js';

const MAX_AT_ONCE = 10;
const keep = (/** @type {Event} */ event) => event.preventDefault();

/** @typedef {{room: any, file: File, sent: number, state: 'going' | 'failed', why: string, cancel: () => void}} Going */

export class Files {
  /** @type {Going[]} */ all = [];
  #upload;
  #keeps = false;

  /** @param {any} session @param {() => void} changed @param {Pick<Window, 'addEventListener' | 'removeEventListener'>} page */
  constructor(session, changed, page = window) {
    this.#upload = new Upload(session);
    this.page = page;
    this.changed = () => {
      this.#ask();
      changed();
    };
  }

  // A page that goes takes with it what is on its way: the browser asks first.
  #ask() {
    const going = this.all.some((one) => one.state === 'going');
    if (going === this.#keeps) return;
    this.#keeps = going;
    if (going) this.page.addEventListener('beforeunload', keep);
    else this.page.removeEventListener('beforeunload', keep);
  }

  of(room) {
    return this.all.filter((one) => one.room === room);
  }

  /** @param {any} room @param {Iterable<File>} files @returns {number} how many were too many */
  add(room, files) {
    const wanted = [...files];
    const free = Math.max(0, MAX_AT_ONCE - this.of(room).length);
    for (const file of wanted.slice(0, free)) {
      const going = { room, file, sent: 0, state: /** @type {'going'} */ ('going'), why: '', cancel: () => {} };
      this.all.push(going);
      this.send(going);
    }
    return wanted.length - Math.min(wanted.length, free);
  }

  /** @param {Going} going */
  remove(going) {
    going.cancel();
    this.all = this.all.filter((one) => one !== going);
    this.changed();
  }

  /** @param {Going} going for the first time, or again */
  async send(going) {
    const { file, room } = going;
    Object.assign(going, { state: 'going', why: '', sent: 0 });
    let stopped = false;
    going.cancel = () => { stopped = true; };
    this.changed();
    try {
      if (!file.size) throw new Error(t`It is empty, or a folder.`);
      const [place, measures] = await Promise.all([this.#upload.place({ name: file.name, size: file.size, type: file.type }), measured(file)]);
      if (stopped) return;
      await this.#put(going, place);
      if (stopped) return;
      this.all = this.all.filter((one) => one !== going);
      room.say(place.get, undefined, { file: { url: place.get, name: file.name, size: file.size, type: file.type, ...measures } });
    } catch (error) {
      if (stopped) return;
      Object.assign(going, { state: 'failed', why: why(error) });
    }
    this.changed();
  }

  /** @param {Going} going @param {import('../xmpp/upload.js').Place} place */
  #put(going, place) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let drawn = 0;
      request.open('PUT', place.put);
      if (going.file.type) request.setRequestHeader('Content-Type', going.file.type);
      for (const [name, value] of place.headers) request.setRequestHeader(name, value);
      request.upload.addEventListener('progress', (event) => {
        going.sent = event.loaded;
        if (performance.now() - drawn < 100) return;
        drawn = performance.now();
        this.changed();
      });
      request.addEventListener('load', () => (request.status < 300 ? resolve(null) : reject(new Error(t`The server did not take it (${request.status}).`))));
      request.addEventListener('error', () => reject(new Error(t`The connection broke.`)));
      request.addEventListener('abort', () => resolve(null));
      const stop = going.cancel;
      going.cancel = () => { stop(); request.abort(); };
      request.send(going.file);
    });
  }
}

function why(error) {
  const { condition, words, message } = error;
  if (condition === 'offline') return t`You are offline.`;
  if (condition === 'timeout') return t`There was no answer.`;
  if (condition) return words || t`The server gives no place for it.`;
  return message;
}

/** @param {File} file @returns {Promise<{width: number, height: number}>} of an image, else 0 */
async function measured(file) {
  if (!/^image\/(?:png|jpeg|gif|webp|avif|bmp)$/u.test(file.type)) return { width: 0, height: 0 };
  try {
    const { width, height } = await createImageBitmap(file);
    return { width, height };
  } catch {
    return { width: 0, height: 0 }; // it only says that it is one
  }
}

/** @param {Going} going @returns {string} */
export function progress({ file, sent, state, why: reason }) {
  if (state === 'failed') return t`${file.name} is not sent. ${reason}`;
  return t`${file.name}, ${bytes(sent)} of ${bytes(file.size)}`;
}
