/**
 * Every key there is, for the dialogue that shows them.
 */
import { t } from '../words/language.js';

/** By where they hold: keys and what they do. @type {() => [string, [string, string][]][]} */
export const keyList = () => [
  [t`Everywhere`, [
    [t`Ctrl K`, t`Search or jump to a topic`], ['Alt ↑ ↓', t`The topic before, after`], ['Alt 1 2 3', t`Topics, talk, outcome`], ['F6', t`The next part of the page`],
    ['Alt Z', t`Undo the last correction`], ['Esc', t`Close, then write`],
  ]],
  [t`While nothing is being written`, [
    ['N', t`New topic or invitation`], ['/', t`Search in this topic`], ['L', t`What I guessed and did`], ['?', t`These keys`],
  ]],
  [t`On a message`, [
    [t`↑ ↓ Home End`, t`From message to message`], ['R', t`Reply`], ['E', t`React`], ['A D Q', t`Keep it as action, decision, question`], ['O', t`To its entry, and back`], [t`Enter`, t`What can be done with it`],
  ]],
  [t`While writing`, [
    [t`Enter`, t`Send`], [t`Shift Enter`, t`Break the line`], ['↑', t`Edit what you said last`], ['@', t`Name somebody`], ['/', t`Keep it as action, decision, question`],
  ]],
  [t`In the one field`, [[t`Enter`, t`Do it`], [t`Ctrl Enter`, t`Start it now`]]],
];

/** Those while writing, when Enter breaks the line. @type {() => [string, string][]} */
export const enterBreaks = () => [[t`Ctrl Enter`, t`Send`], [t`Enter`, t`Break the line`]];
