/**
 * The outcome: what will be published, as the reporter has it now, each line one click from the words it came from and
 * changed in place. In the order of a reader: how it stands, what waits for an answer, what was decided, who does what, what is
 * open, then what it is all about; and the bar that publishes it.
 */
import { html, nothing } from 'lit';
import { t } from '../words/language.js';
import { attributes } from './attributes.js';
import { slowness } from './busy.js';
import { cards, poll } from './cards.js';
import { exportMenu } from './export.js';
import { RESULTS, REST, entries } from './entry.js';
import { bar, stand } from './pubbar.js';
import { stateOf } from './record-state.js';
import { isOut, isThrough, standing } from './standing.js';

const nothingKept = () => t`Nothing kept so far. I write down who does what by when, what was decided, what is open.`;

const isEmpty = (outcome) => !outcome.poll && !outcome.entries.length && !outcome.attributes.some((a) => a.values.length);

function content(app, topic, outcome) {
  if (app.client.plain) return html`<p class="lead">${slowness(app, 'reporter')?.words}</p>`;
  if (!topic) return html`<p class="lead">${t`While you talk, the reporter writes here what came of it: who does what by when, what was decided, what is still open. You correct it, approve it and publish it.`}</p>`;
  if (!outcome) return html`<p class="lead">${app.client.listed ? nothingKept() : ''}</p>`;
  if (stateOf(app).versions === topic.id) return html`<ccm-versions .app=${app} .topic=${topic.id} .newest=${outcome.version}></ccm-versions>`;
  return html`${isEmpty(outcome) ? html`<p class="lead">${nothingKept()}</p>` : nothing}${poll(app, outcome)}${cards(app, outcome)}${entries(app, outcome, RESULTS)}${attributes(app, outcome)}${entries(app, outcome, REST)}`;
}

/** @param {any} app */
export function outcomePane(app) {
  const { topic } = app;
  const outcome = topic && app.client.outcomes.get(topic.id);
  const state = outcome ? standing(outcome, topic, app.publishing) : 'collecting';
  return html`<aside class="pane record" id="outcome" aria-labelledby="outcome-title" data-mode=${outcome?.mode ?? nothing}>
    <header><h2 id="outcome-title" tabindex="-1">${t`Outcome`}</h2>
      <div class="sub">${topic ? html`<span class="ctx" dir="auto">${topic.name}</span>` : nothing}
        ${outcome?.known ? html`<b data-testid="type">${outcome.label || outcome.type}</b>` : nothing}${outcome && !isThrough(state) ? html`<span>${t`Writing along`}</span>` : nothing}</div>
      ${outcome && !app.isGuest && app.session.state === 'online' ? exportMenu(app, outcome, isOut(state)) : nothing}</header>
    ${outcome ? stand(app, outcome) : nothing}
    <div class="scroll" tabindex="0" role="group" aria-label=${t`Outcome so far`}>${content(app, topic, outcome)}</div>
    ${outcome ? bar(app, outcome) : nothing}<p class="vh" role="status">${app.spoken}</p></aside>`;
}
