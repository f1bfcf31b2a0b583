/**
 * Where page, time and storage meet the client: made once, then the dashboard is one element.
 */
import { Strophe } from 'strophe.js';
import './ui/app.js';
import { Client } from './xmpp/client.js';
import { Session } from './xmpp/session.js';
import { Tabs } from './xmpp/tabs.js';

const LOCK_MS = 400;
const clock = {
  now: () => Date.now(),
  setTimeout: (/** @type {() => void} */ f, /** @type {number} */ ms) => setTimeout(f, ms),
  clearTimeout: (/** @type {number} */ timer) => clearTimeout(timer),
};

/**
 * A name for this tab, kept over a reload. A duplicated tab has a copy of the storage: whoever does not get the lock of
 * that name takes a new one and leaves the other's session alone.
 */
async function tabName() {
  const fresh = () => `web-${crypto.randomUUID().slice(0, 8)}`;
  const kept = sessionStorage.getItem('ccm-tab');
  const name = kept ?? fresh();
  if (!navigator.locks) return name;
  const hold = (/** @type {string} */ wanted) =>
    new Promise((resolve) => {
      const gaveUp = AbortSignal.timeout(LOCK_MS);
      navigator.locks.request(`ccm-${wanted}`, { signal: gaveUp }, () => { resolve(true); return new Promise(() => {}); }).catch(() => resolve(false));
    });
  if (await hold(name)) {
    sessionStorage.setItem('ccm-tab', name);
    return name;
  }
  const other = fresh();
  sessionStorage.removeItem('strophe-bosh-session');
  sessionStorage.setItem('ccm-tab', other);
  await hold(other);
  return other;
}

async function start() {
  Strophe.setLogLevel(Strophe.LogLevel.FATAL);
  const domain = document.querySelector('meta[name=ccm-domain]')?.getAttribute('content') || location.hostname;
  const language = navigator.language || 'en';
  const session = new Session({
    service: '/http-bind',
    domain,
    resource: await tabName(),
    connect: (service, options) => new Strophe.Connection(service, options),
    store: sessionStorage,
    clock,
  });
  const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  const client = new Client({ session, store: sessionStorage, clock, zone, language });
  const app = /** @type {any} */ (document.createElement('ccm-app'));
  const tabs = new Tabs({ session, client, channel: new BroadcastChannel('ccm-tabs'), clock });
  Object.assign(app, { client, session, tabs });

  addEventListener('online', () => session.tryNow());
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    session.tryNow();
    client.checkRooms();
    app.requestUpdate();
  });

  app.resumed = session.resume();
  document.body.replaceChildren(app);
}

const theme = localStorage.getItem('ccm-theme');
if (theme) document.documentElement.dataset.theme = theme;
start();
