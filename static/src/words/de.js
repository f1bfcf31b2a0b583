/**
 * German: short and in the present tense, without “du” and where it can be without “Sie”; „…“ and –, a space that does not
 * break before units and “…”. The reporter says “ich”.
 */
import { entrance } from './de/entrance.js';
import { page } from './de/page.js';
import { record } from './de/record.js';
import { talk } from './de/talk.js';
import { topics } from './de/topics.js';

/** @type {import('./language.js').Catalogue} */
export const catalogue = { ...entrance, ...page, ...record, ...talk, ...topics };
