/**
 * Every key there is, for the dialogue that shows them.
 */

/** By where they hold: keys and what they do. @type {[string, [string, string][]][]} */
export const KEYS = [
  ['Everywhere', [
    ['Ctrl K', 'Search or jump to a topic'], ['Alt ↑ ↓', 'The topic before, after'], ['Alt 1 2 3', 'Topics, talk, outcome'], ['F6', 'The next part of the page'],
    ['Alt Z', 'Undo the last correction'], ['Esc', 'Close, then write'],
  ]],
  ['While nothing is being written', [
    ['N', 'New topic or invitation'], ['/', 'Search in this topic'], ['L', 'What I guessed and did'], ['?', 'These keys'],
  ]],
  ['On a message', [
    ['↑ ↓ Home End', 'From message to message'], ['R', 'Reply'], ['E', 'React'], ['A D Q', 'Keep it as action, decision, question'], ['O', 'To its entry, and back'], ['Enter', 'What can be done with it'],
  ]],
  ['While writing', [
    ['Enter', 'Send'], ['Shift Enter', 'Break the line'], ['↑', 'Edit what you said last'], ['@', 'Name somebody'], ['/', 'Keep it as action, decision, question'],
  ]],
  ['In the one field', [['Enter', 'Do it'], ['Ctrl Enter', 'Start it now']]],
];

/** Those while writing, when Enter breaks the line. @type {[string, string][]} */
export const ENTER_BREAKS = [['Ctrl Enter', 'Send'], ['Enter', 'Break the line']];
