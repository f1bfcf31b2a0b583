/**
 * What one sees once signed in: the columns with what stands around them. It comes beside the first view, which may be the
 * one to sign in.
 */
import { html, nothing } from 'lit';
import { t } from '../words/language.js';
import { Columns } from './columns.js';
import { banner, tabs, talkPane } from './frame.js';
import { Notify, thisBrowser } from './notify.js';
import { fetchEnded } from './todo.js';
import { topicsPane } from './topics.js';

const ENDED_MS = 3000;

/** What goes on while one is inside. @param {any} app */
export function enter(app) {
  const columns = new Columns(app, localStorage);
  const notify = new Notify(app, thisBrowser());
  const online = () => app.session.state === 'online' && setTimeout(() => fetchEnded(app.client), ENDED_MS);
  Object.assign(app, { columns, notify });
  notify.listen(app.client);
  columns.apply();
  app.session.on('state', online);
  online();
}

/** @param {any} app @param {number} tick */
export const inside = (app, tick) => html`${banner(app)}
  <main class="app"><h1 class="vh">${app.topic?.name ?? t`Topics`}, CCM</h1>${topicsPane(app)}${app.drawer ? html`<button class="veil" type="button" aria-label=${t`Close the topics`} @click=${() => app.go('talk')}></button>` : nothing}
    ${talkPane(app, tick)}${app.outcomePane(app)}${app.columns.edge('topics')}${app.columns.edge('outcome')}</main>
  <section class="foot elsewhere" aria-label=${t`Notes`}>${app.toastInFrame ? app.notes.view() : nothing}${app.notify.offer()}</section>${tabs(app)}`;
