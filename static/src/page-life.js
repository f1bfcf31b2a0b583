/**
 * What becomes of the session when the page sleeps, wakes, is seen again or goes.
 *
 * A page that goes cannot know whether it comes back: closing and reloading look alike. So nothing is ended. If other
 * tabs of the account are there, one of them goes on with the session at once. If not, the server is asked by
 * `sendBeacon` to keep the session only for some seconds more (a pause, XEP-0124 §10), instead of the minutes of a lost
 * connection: a reloaded page takes it up within that time by what its tab's storage holds, and of a closed one no
 * ghost stays in the rooms. A WebSocket ends with its page, and the server waits as long by itself. A page from the back/forward cache has given up its lock and starts anew.
 */
const PAUSE_SECONDS = 15;
const OFTEN_MS = 2000;

/**
 * @param {object} options
 * @param {import('./xmpp/session.js').Session | import('./xmpp/shared-session.js').SharedSession} options.session
 * @param {string} options.service URL of BOSH
 * @param {Pick<Storage, 'setItem'>} options.store
 * @param {() => void} options.seen
 */
export function live({ session, service, store, seen }) {
  let last = 0;
  const wake = () => {
    if (document.hidden || Date.now() - last < OFTEN_MS) return;
    last = Date.now();
    session.wake();
    seen();
  };
  for (const name of ['visibilitychange', 'resume']) document.addEventListener(name, wake);
  for (const name of ['focus', 'pageshow']) addEventListener(name, wake);
  addEventListener('online', () => { session.tryNow(); session.wake(); });
  addEventListener('pageshow', (event) => event.persisted && location.reload());
  addEventListener('pagehide', () => {
    const kept = 'farewell' in session && session.farewell();
    if (!kept?.sid) return;
    const { rid, sid } = kept;
    store.setItem('strophe-bosh-session', JSON.stringify(rid ? { ...kept, rid: rid + 1 } : kept));
    if (!rid) return;
    const body = `<body xmlns="http://jabber.org/protocol/httpbind" rid="${rid}" sid="${sid}" pause="${PAUSE_SECONDS}"/>`;
    navigator.sendBeacon(service, new Blob([body], { type: 'text/xml; charset=utf-8' }));
  });
}
