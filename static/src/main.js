/**
 * Where page, time and storage meet the client: made once, then the dashboard is one element.
 */
import { Strophe } from 'strophe.js';
import './ui/app.js';
import { Preferences, applyLanguage, wanted } from './ui/preferences.js';
import { readRoute } from './ui/route.js';
import { onLanguage, spoken } from './words/language.js';
import { Session } from './xmpp/session.js';
import { Tabs } from './xmpp/tabs.js';

const chosen = new Preferences(localStorage);
// Comes beside what the first script needs: nothing is asked of the server before the page is there.
const beside = Promise.all([import('./xmpp/shared-session.js'), import('./page-life.js'), import('./xmpp/client.js'), applyLanguage(chosen)]);
const clock = {
  now: () => Date.now(),
  setTimeout: (/** @type {() => void} */ f, /** @type {number} */ ms) => setTimeout(f, ms),
  clearTimeout: (/** @type {number} */ timer) => clearTimeout(timer),
};

/** Where to sign in: as the server has written it into the page, else by a file beside it, else by its address. */
async function place() {
  const said = (/** @type {string} */ name) => document.querySelector(`meta[name=ccm-${name}]`)?.getAttribute('content') ?? '';
  const domain = said('domain');
  const written = domain && !domain.startsWith('{{');
  const socket = said('websocket') && location.origin.replace('http', 'ws') + said('websocket');
  if (written) return { service: '/http-bind', websocket: socket, domain, Kind: null };
  const told = await fetch('ccm-settings.json').then((answer) => answer.json()).catch(() => ({}));
  const { PlainClient } = await import('./xmpp/plain-client.js');
  return { service: '/http-bind', domain: location.hostname, ...told, Kind: PlainClient };
}

/** @param {string} text one stanza @returns {Element} */
const read = (text) => new DOMParser().parseFromString(text, 'text/xml').documentElement;

/** One session for all tabs, where the browser can do that; else one for each. */
function sessionAt({ service, websocket = '', domain, Kind }, SharedSession) {
  const make = (/** @type {string} */ resource, /** @type {any} */ stay = undefined) => new Session({
    service, websocket, domain, resource, clock, stay, store: sessionStorage, connect: (url, options) => new Strophe.Connection(url, options),
  });
  if (!navigator.locks || !globalThis.BroadcastChannel) return make(`web-${crypto.randomUUID().slice(0, 8)}`);
  return new SharedSession({
    make, domain, clock, read, write: Strophe.serialize, store: sessionStorage, lasting: localStorage, agent: navigator.userAgent, canStay: !Kind, locks: navigator.locks, channel: new BroadcastChannel('ccm-session'),
  });
}

async function start() {
  Strophe.setLogLevel(Strophe.LogLevel.FATAL);
  const where = await place();
  const [{ SharedSession }, { live }, { Client }] = await beside;
  const session = /** @type {any} */ (sessionAt(where, SharedSession));
  const tongue = () => spoken(chosen.get('ccm-language'), wanted());
  const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  const client = new (where.Kind ?? Client)({ session, store: sessionStorage, clock, zone, language: tongue() });
  onLanguage(() => { client.language = tongue(); });
  addEventListener('storage', ({ key }) => void (key === 'ccm-language' && applyLanguage(chosen))); // chosen in another tab
  const app = /** @type {any} */ (document.createElement('ccm-app'));
  const tabs = new Tabs({ session, client, channel: new BroadcastChannel('ccm-tabs'), clock });
  Object.assign(app, { client, session, tabs });
  session.on('signed-out', () => app.signOut());
  live({ session, service: where.service, store: sessionStorage, seen: () => { client.checkRooms(); app.requestUpdate(); } });
  const { address, guest, back } = readRoute(location.hash);
  app.resumed = session.resume(!address && !guest, back?.jid ?? address); // a link for somebody else is not followed as whoever is here
  document.body.replaceChildren(app);
}

const theme = localStorage.getItem('ccm-theme');
if (theme) document.documentElement.dataset.theme = theme;
start();
