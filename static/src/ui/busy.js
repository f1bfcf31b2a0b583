/**
 * What a busy or absent component means for its controls, in one sentence: everything else works, and what is asked of a
 * busy one waits its turn here.
 */
import { clock } from '../words.js';
import { t } from '../words/language.js';

const gone = (name, at) => ({
  topics: t`Topics are off since ${at}. Everything else works.`, invitations: t`Invitations are off since ${at}. Everything else works.`, reporter: t`The reporter is off since ${at}. Everything else works.`,
}[name]);
const slow = (name, why) => ({
  topics: t`Topics are slow just now${why}. What you ask waits its turn and goes out by itself.`,
  invitations: t`Invitations are slow just now${why}. Yours waits its turn and goes out by itself.`,
  reporter: t`The reporter is slow just now${why}. What you ask waits its turn and goes out by itself.`,
}[name]);
const absent = (name) => ({
  topics: t`This server makes no topics. Its rooms stand here, and #/t/tea in the page’s address opens the room “tea”.`,
  invitations: t`This server sends no invitations.`,
  reporter: t`This server has no reporter: nothing is written down or published.`,
}[name]);

/**
 * @param {any} app
 * @param {'topics' | 'invitations' | 'reporter'} name
 * @returns {{gone: boolean, words: string} | null} `null` when it is as it should be
 */
export function slowness(app, name) {
  if (app.client.plain) return { gone: true, words: absent(name) };
  const component = app.client.components.get(name);
  if (!component || component.state === 'here') return null;
  if (component.state === 'gone') return { gone: true, words: gone(name, clock(new Date(component.since))) };
  const [reason] = component.words.split(/(?<=[.!])\s/u);
  return { gone: false, words: slow(name, reason ? `: ${reason.replace(/[.!]$/u, '')}` : '') };
}
