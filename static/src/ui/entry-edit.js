/**
 * A line of the record changed in place: an entry's text, owner and day as fields in one row, or all that an attribute says. Esc
 * leaves it as it was, leaving the row saves; the reporter reads names and days, and tells what it made of them.
 */
import { html, nothing } from 'lit';
import { t } from '../words/language.js';
import { dayOf } from './amend.js';
import { peopleHere } from './people.js';
import { deedsOf } from './record-deeds.js';
import { stateOf } from './record-state.js';

const MAX_TEXT = 450; // of the 500 characters of an order
const MAX_SAID = 2000; // what is said in the talk

/** @typedef {any} Line an entry, or an attribute as one: its `kind` is `attribute`, its `id` the name */

/** Who may be meant: people here, invited, and owners so far. @returns {string[]} */
function names(app, outcome) {
  const here = app.room ? peopleHere(app, app.room).filter((one) => !one.reporter).map((one) => one.nick) : [];
  const invited = app.topic.invitees.map((one) => one.name);
  return [...new Set([...here, ...invited, ...outcome.entries.map((e) => e.owner)].filter(Boolean))].slice(0, 40);
}

const doorOf = (app, id, onCard) => /** @type {HTMLElement | null} */ (app.querySelector(onCard ? `[data-proposal="${id}"] [data-testid=change]` : `:is([data-entry="${id}"], [data-attribute="${id}"]) .say`));

/** @param {any} app @param {Line} entry @param {'text' | 'owner' | 'due'} [field] that takes the focus @param {boolean} [onCard] it is changed where it is asked */
export async function edit(app, entry, field = 'text', onCard = false) {
  Object.assign(stateOf(app), { editing: `${app.topic.id}/${entry.id}`, onCard, was: entry });
  app.requestUpdate();
  await app.updateComplete;
  await app.querySelector('ccm-talk')?.updateComplete;
  const found = /** @type {HTMLInputElement | null} */ (app.querySelector(`.edit [name="${field}"]`));
  found?.focus();
  if (field === 'text') found?.setSelectionRange(found.value.length, found.value.length);
  else found?.select();
}

export const isEdited = (app, entry, onCard = false) => stateOf(app).editing === `${app.topic.id}/${entry.id}` && stateOf(app).onCard === onCard;

/** @param {any} app @param {import('../xmpp/read.js').Outcome} outcome @param {Line} entry */
export function editor(app, outcome, entry) {
  const state = stateOf(app);
  const was = state.was ?? entry; // what others change meanwhile does not go over what is being typed
  const attribute = entry.kind === 'attribute';
  const name = attribute ? entry.label : entry.id;
  const close = async (back) => {
    state.editing = '';
    app.requestUpdate();
    await app.updateComplete;
    await app.querySelector('ccm-talk')?.updateComplete;
    if (back) doorOf(app, entry.id, state.onCard)?.focus();
  };
  const save = (form, back) => {
    if (state.editing !== `${app.topic.id}/${entry.id}`) return;
    const data = new FormData(form);
    const wish = /** @type {any} */ (Object.fromEntries([...data].map(([name, value]) => [name, String(value)])));
    close(back);
    if (attribute) deedsOf(app).reword(was, wish);
    else deedsOf(app).amend(app.topic, was, wish);
  };
  const key = (event) => {
    event.stopPropagation();
    if (event.key === 'Escape') { event.preventDefault(); close(true); }
    if (event.key === 'Enter' && !event.isComposing) { event.preventDefault(); save(event.currentTarget, true); }
  };
  const left = (event) => {
    const form = event.currentTarget;
    if (event.relatedTarget) return form.contains(event.relatedTarget) ? undefined : save(form, false);
    return setTimeout(() => { if (form.isConnected && document.hasFocus() && !form.contains(document.activeElement)) save(form, false); });
  };
  const action = entry.kind === 'action';
  return html`<form class="edit" data-testid="edit" aria-label=${t`Change ${name}`} @submit=${(e) => { e.preventDefault(); save(e.currentTarget, true); }} @keydown=${key} @focusout=${left}>
    <textarea class="field" name="text" rows="1" maxlength=${attribute ? MAX_SAID : MAX_TEXT} dir="auto" aria-label=${t`What ${name} says`} .value=${was.text}></textarea>
    ${action ? html`<input class="field" name="owner" list="owners" maxlength="60" dir="auto" autocomplete="off" aria-label=${t`Who does ${entry.id}`} placeholder=${t`Nobody yet`} .value=${was.owner}>
      <datalist id="owners">${names(app, outcome).map((name) => html`<option value=${name}></option>`)}</datalist>
      <input class="field" name="due" maxlength="60" autocomplete="off" aria-label=${t`When ${entry.id} is due`} placeholder=${t`No date`} .value=${dayOf(was, app.now)}>` : nothing}
    <div class="end"><span class="hint">${action ? html`${t`A day as you would say it.`} ` : attribute ? html`${t`It is said in the talk, under your name.`} ` : nothing}${t`Enter keeps it, Esc leaves it as it was.`}</span><span><button class="btn s quiet" type="button" @click=${() => close(true)}>${t`Leave it`}</button><button class="btn s prime" type="submit">${t`Keep`}</button></span></div></form>`;
}
