/**
 * What the pane of the record remembers while the page is open: which entry is being changed and where, what was answered, and
 * whether the versions are shown instead.
 */

/**
 * @typedef {{id: string, words: string, undo: string[], at: number}} Answered
 * @typedef {{editing: string, onCard: boolean, was: import('../xmpp/read.js').Entry | null, dragged: string, versions: string, answered: Map<string, Answered[]>}} RecordState
 *   *editing*: `topic/id`, *onCard*: on the card that asks for it, not in its line, *was*: as it stood then; *versions*: the topic whose versions are shown; *answered*: by topic, the newest last
 */
const states = /** @type {WeakMap<object, RecordState>} */ (new WeakMap());

/** @param {any} app @returns {RecordState} */
export function stateOf(app) {
  let state = states.get(app);
  if (!state) states.set(app, (state = { editing: '', onCard: false, was: null, dragged: '', versions: '', answered: new Map() }));
  return state;
}
