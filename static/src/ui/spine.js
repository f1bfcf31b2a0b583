/**
 * Which messages have a tab on the spine between talk and record.
 */
import { t } from '../words/language.js';

/** What an entry is. @param {string} kind */
export const kindName = (kind) => ({
  action: t`action`, decision: t`decision`, question: t`question`, topic: t`point`, idea: t`idea`, help: t`request for help`, info: t`note`, link: t`link`,
}[kind] ?? kind);

/** What became of one. @param {string} status */
export const statusName = (status) => ({ done: t`done`, carried: t`carried over`, cancelled: t`cancelled`, answered: t`answered`, rejected: t`rejected` }[status] ?? status);

/** Whether somebody has to say yes or no to it still. @param {import('../xmpp/read.js').Entry} entry */
export const isOpen = (entry) => entry.status === 'proposed' || entry.found;

/**
 * @param {import('../xmpp/read.js').Outcome | undefined} outcome
 * @returns {Map<string, {label: string, kind: string, name: string, open: boolean, target: string}[]>} by stanza-id
 */
export function tabsOf(outcome) {
  const tabs = new Map();
  const add = (id, tab) => id && tabs.set(id, [...(tabs.get(id) ?? []), tab]);
  for (const attribute of outcome?.attributes ?? []) {
    for (const value of attribute.values) {
      add(value.id, { label: attribute.label.toLowerCase(), kind: '', name: t`Filled: ${attribute.label}`, open: false, target: attribute.name });
    }
  }
  for (const entry of outcome?.entries ?? []) {
    const open = isOpen(entry);
    add(entry.source, { label: open ? `${entry.id}?` : entry.id, kind: entry.kind, name: open ? t`Proposed as ${kindName(entry.kind)} ${entry.id}` : t`Kept as ${kindName(entry.kind)} ${entry.id}`, open, target: entry.id });
  }
  return tabs;
}
