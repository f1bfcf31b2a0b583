/** The order of what comes over two connections of BOSH, with Strophe's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Strophe } from 'strophe.js';
import { drop, end, tend } from '../src/xmpp/wire.js';
import { TurnedClock, xml } from './fakes.js';

/** A connection with requests under way, and what its handlers hear. */
function connection(count) {
  const conn = /** @type {any} */ (new Strophe.Connection('/http-bind'));
  tend(conn, { clock: new TurnedClock(), wait: 60, lost() {} });
  const heard = /** @type {string[]} */ ([]);
  Object.assign(conn, { connected: true, authenticated: true, flushing: true });
  conn.addHandler((stanza) => heard.push(stanza.getAttribute('id')), null, 'message');
  const proto = conn._proto;
  proto._throttledRequestHandler = () => {};
  conn._onIdle = () => {};
  proto._restartRequest = () => {}; // sends it once more; the answer is the same
  const requests = Array.from({ length: count }, (_, i) => {
    const body = xml(`<body xmlns="http://jabber.org/protocol/httpbind"><message xmlns="jabber:client" id="m${i}"/></body>`);
    const xhr = { readyState: 4, status: 200, getAllResponseHeaders: () => '' };
    return { id: i, rid: 900 + i, sends: 1, abort: false, dead: null, age: () => 0, getResponse: () => body, xhr };
  });
  proto._requests = [...requests];
  return { conn, heard, comes: (i) => proto._onRequestStateChange(conn._dataRecv.bind(conn), requests[i]) };
}

test('an answer that overtakes another waits for it', () => {
  const { heard, comes } = connection(2);
  comes(1);
  assert.deepEqual(heard, []);
  comes(0);
  assert.deepEqual(heard, ['m0', 'm1']);
});

test('answers that come in order are heard at once', () => {
  const { heard, comes } = connection(3);
  comes(0);
  assert.deepEqual(heard, ['m0']);
  comes(2);
  comes(1);
  assert.deepEqual(heard, ['m0', 'm1', 'm2']);
});

test('what waited for a connection that is gone is not heard', () => {
  const { conn, heard, comes } = connection(2);
  comes(1);
  conn._proto._abortAllRequests = () => {};
  drop(conn, new TurnedClock());
  conn._dataRecv({ rid: 900 });
  assert.deepEqual(heard, []);
});

test('what waits for a free request when one signs out goes with the end of the session', (t) => {
  const before = globalThis.XMLHttpRequest;
  globalThis.XMLHttpRequest = /** @type {any} */ (class {});
  t.after(() => Object.assign(globalThis, { XMLHttpRequest: before }));
  const { conn } = connection(2);
  conn._data = [xml('<iq xmlns="jabber:client" type="set" id="r"><revoke xmlns="urn:ccm:token:0">secret</revoke></iq>')];
  end(conn);
  const [, , last] = conn._proto._requests;
  const body = Strophe.serialize(last.xmlData);
  assert.match(body, /^<body [^>]*type=["']terminate["']/);
  assert.match(body, /<revoke [^>]*>secret<\/revoke><\/iq><presence [^>]*type=["']unavailable["']/);
  assert.deepEqual(conn._data, []);
});
