/** A session whose connections are played, as it begins and as somebody has signed in. */
import { Backoff } from '../src/xmpp/backoff.js';
import { Session } from '../src/xmpp/session.js';
import { PlayedConnection, Store, TOKEN, TurnedClock } from './fakes.js';

export function made(store = new Store(), more = {}) {
  const clock = new TurnedClock();
  const connections = /** @type {any[]} */ ([]);
  let ids = 0;
  const session = new Session({
    service: '/http-bind', domain: 'localhost', resource: 'web-1', store, clock,
    backoff: new Backoff({ random: () => 1 }), newId: () => `id${(ids += 1)}`,
    connect: (service, options) => {
      const connection = new PlayedConnection(service, options);
      connections.push(connection);
      return connection;
    },
    ...more,
  });
  const states = /** @type {string[]} */ ([]);
  session.on('state', (state) => states.push(state));
  return { session, clock, store, connections, states, last: () => connections.at(-1) };
}

/** @template {ReturnType<typeof made>} T @param {T} parts @returns {Promise<T>} */
export async function signedIn(parts = /** @type {T} */ (made())) {
  const done = parts.session.signIn('ann', 'pw');
  await parts.last().up('ann@localhost/web-1');
  await parts.last().answer('token', TOKEN);
  await done;
  return parts;
}
