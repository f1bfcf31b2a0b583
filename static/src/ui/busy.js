/**
 * What a busy or absent component means for its controls, in one sentence: everything else works, and what is asked of a
 * busy one waits its turn here.
 */
import { clock } from '../words.js';

const PARTS = { topics: ['Topics', 'are', 'What you ask'], invitations: ['Invitations', 'are', 'Yours'], reporter: ['The reporter', 'is', 'What you ask'] };
const ABSENT = {
  topics: 'This server makes no topics. Its rooms stand here, and #/t/tea in the page’s address opens the room “tea”.',
  invitations: 'This server sends no invitations.',
  reporter: 'This server has no reporter: nothing is written down or published.',
};

/**
 * @param {any} app
 * @param {'topics' | 'invitations' | 'reporter'} name
 * @returns {{gone: boolean, words: string} | null} `null` when it is as it should be
 */
export function slowness(app, name) {
  if (app.client.plain) return { gone: true, words: ABSENT[name] };
  const component = app.client.components.get(name);
  if (!component || component.state === 'here') return null;
  const [part, are, yours] = PARTS[name];
  if (component.state === 'gone') return { gone: true, words: `${part} ${are} off since ${clock(new Date(component.since))}. Everything else works.` };
  const [reason] = component.words.split(/(?<=[.!])\s/u);
  return { gone: false, words: `${part} ${are} slow just now${reason ? `: ${reason.replace(/[.!]$/u, '')}` : ''}. ${yours} waits its turn and goes out by itself.` };
}
