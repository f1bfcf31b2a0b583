/**
 * Which part of a long talk stands in the page: so many rows at most, however long it is. Follows the end, or stays where it
 * is read and moves both ways. Rows are counted with their day marks. Pure.
 */
import { daysBetween } from '../words.js';

export const MOST_ROWS = 170;
const FOLLOWING = 120;
const STEP = 60;

/** @typedef {{key: string, at: Date}} Row */

export class LogWindow {
  /** Key of the first row, `''` while the end is followed. */ #first = '';
  #from = 0;

  /** Whether what comes is shown, and what is old goes. */
  get following() {
    return !this.#first;
  }

  follow() {
    this.#first = '';
  }

  /** Stay: what comes may be added, but nothing goes. @param {Row[]} rows */
  stay(rows) {
    if (this.#first || !rows.length) return;
    this.#from = back(rows, rows.length, FOLLOWING);
    this.#first = rows[this.#from].key;
  }

  /** @param {Row[]} rows @param {number} index that is to be seen, about in the middle */
  around(rows, index) {
    this.#from = Math.max(0, index - Math.floor(FOLLOWING / 2));
    this.#first = rows[this.#from]?.key ?? '';
  }

  /** Earlier rows. @param {Row[]} rows @returns {boolean} whether there are any */
  up(rows) {
    const { from } = this.range(rows);
    if (!from) return false;
    this.#from = back(rows, from, STEP);
    this.#first = rows[this.#from].key;
    return true;
  }

  /** Later rows. @param {Row[]} rows @returns {boolean} whether there are any */
  down(rows) {
    const { from, to } = this.range(rows);
    if (to >= rows.length) return false;
    const end = forth(rows, to, STEP);
    this.#from = Math.max(from + 1, back(rows, end, MOST_ROWS));
    this.#first = rows[this.#from].key;
    return true;
  }

  /** @param {Row[]} rows @returns {{from: number, to: number}} what is to be shown of them; *to* is behind the last */
  range(rows) {
    if (!this.#first) return { from: back(rows, rows.length, FOLLOWING), to: rows.length };
    if (rows[this.#from]?.key !== this.#first) this.#from = rows.findIndex((row) => row.key === this.#first);
    if (this.#from < 0) {
      this.follow(); // another talk, or one that was read anew
      return this.range(rows);
    }
    return { from: this.#from, to: forth(rows, this.#from, MOST_ROWS) };
  }
}

const marked = (rows, i) => Number(i === 0 || daysBetween(rows[i].at, rows[i - 1].at) !== 0);

/** The first of so many rows before an end. */
function back(rows, end, most) {
  let from = end;
  for (let used = 0; from > 0; from -= 1) {
    used += 1 + marked(rows, from - 1);
    if (used > most) break;
  }
  return Math.min(from, Math.max(0, end - 1));
}

/** The end of so many rows from a first one. */
function forth(rows, from, most) {
  let to = from;
  for (let used = 0; to < rows.length; to += 1) {
    used += 1 + marked(rows, to);
    if (used > most) break;
  }
  return Math.max(to, Math.min(rows.length, from + 1));
}
