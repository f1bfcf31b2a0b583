/**
 * How it stands with a document: which state it is in, and what is still missing of it. Pure.
 */
import { isOpen } from './spine.js';

/**
 * @typedef {import('../xmpp/read.js').Outcome} Outcome
 * @typedef {import('../xmpp/read.js').Topic} Topic
 * @typedef {'collecting' | 'ready' | 'ended' | 'asking' | 'grace' | 'publishing' | 'arriving' | 'parked' | 'failed' | 'changed' | 'published'} Standing
 *   *arriving*: a target is getting it; *parked*: a target does not answer yet; *changed*: since it was published
 * @typedef {{confirm: number, unwritten: string[], nobody: string[], undated: string[]}} Missing
 *   *confirm*: how many; *unwritten*: labels of attributes; *nobody*, *undated*: ids of actions
 */

/** @param {Outcome} outcome @returns {Missing} */
export function missing(outcome) {
  const actions = outcome.entries.filter((e) => e.kind === 'action' && e.status === 'open' && !isOpen(e));
  return {
    confirm: outcome.entries.filter((e) => isOpen(e) && e.status !== 'rejected').length,
    unwritten: outcome.interview ? outcome.attributes.filter((a) => !a.values.length).map((a) => a.label) : [],
    nobody: actions.filter((e) => !e.owner).map((e) => e.id),
    undated: actions.filter((e) => e.owner && !e.due).map((e) => e.id),
  };
}

/** @param {Outcome} outcome @param {Topic} topic @param {boolean} [publishing] it was asked for in this page @returns {Standing} */
export function standing(outcome, topic, publishing = false) {
  if (publishing) return 'publishing';
  if (outcome.mode === 'interviewing') return 'asking';
  if (outcome.mode === 'grace') return 'grace';
  if ((outcome.mode === 'published' || outcome.version) && (outcome.document || topic.document)) return afterwards(outcome);
  if (topic.state === 'ended') return 'ended';
  return outcome.known && !missing(outcome).unwritten.length ? 'ready' : 'collecting';
}

/** @param {Outcome} outcome @returns {Standing} */
function afterwards({ news, targets }) {
  const some = (/** @type {string[]} */ ...states) => targets.some((one) => states.includes(one.state));
  if (news) return 'changed';
  if (some('failed')) return 'failed';
  if (some('waiting')) return 'parked';
  return some('queued', 'working') ? 'arriving' : 'published';
}

/** Whether people are through with it, so that it says at the head of the pane how it stands. @param {Standing} state */
export const isThrough = (state) => !['collecting', 'ready'].includes(state);

/** Whether a version of it can be read. @param {Standing} state */
export const isOut = (state) => ['arriving', 'parked', 'failed', 'changed', 'published'].includes(state);

/** When the talk ended, unless it was opened again since. @param {Outcome} outcome @param {Topic} topic @returns {Date | null} */
export const endOf = ({ ended }, { state, start }) => (['ended', 'published'].includes(state) && ended && !(start && start > ended) ? ended : null);
