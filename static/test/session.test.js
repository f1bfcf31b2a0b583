import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignInError } from '../src/xmpp/sign-in-error.js';
import { TOKEN, settle, xml } from './fakes.js';
import { made, signedIn } from './sitting.js';

test('a local part, a chat address and an e-mail address name the user as the server expects', async () => {
  const { session, last } = made();
  for (const [typed, user, jid] of [['ann', 'ann', 'ann@localhost/web-1'], [' ann@LOCALHOST ', 'ann', 'ann@localhost/web-1'], ['ann@example.org', 'ann@example.org', 'localhost/web-1']]) {
    session.signIn(typed, 'pw').catch(() => {});
    assert.equal(last().asked.user, user);
    assert.equal(last().asked.jid, jid);
    assert.equal(last().asked.wait, 59);
    assert.ok(last().options.mechanisms.every((m) => m.name.startsWith('SASLSHA')));
    await settle();
  }
});

test('after sign-in only a token is kept, and the name that comes with it is known before anything is online', async () => {
  const parts = made();
  const done = parts.session.signIn('ann', 'my password');
  await parts.last().up('ann@localhost/web-1');
  assert.notEqual(parts.session.state, 'online');
  await parts.last().answer('token', TOKEN);
  await done;
  assert.equal(parts.session.state, 'online');
  assert.equal(parts.session.name, 'Ann');
  const kept = JSON.stringify([...parts.store.kept]);
  assert.match(kept, /secret-token/);
  assert.doesNotMatch(kept, /my password/);
});

test('a server without tokens still lets people in', async () => {
  const parts = made();
  const done = parts.session.signIn('ann', 'pw');
  await parts.last().up('ann@localhost/web-1');
  const error = '<error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>';
  await parts.last().answer('token', error, 'error');
  await done;
  assert.equal(parts.session.state, 'online');
});

test('a wrong password says so and keeps nothing', async () => {
  const { session, last, store } = made();
  const done = session.signIn('ann', 'no');
  const failure = xml('<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><not-authorized/></failure>');
  await last().status('AUTHFAIL', null, failure);
  await assert.rejects(done, (error) => error instanceof SignInError && error.reason === 'wrong');
  assert.equal(session.state, 'out');
  assert.equal(store.kept.size, 0);
});

test('no connection at sign-in is told as that, also when nobody ever answers', async () => {
  const { session, clock } = made();
  const done = session.signIn('ann', 'pw');
  const refused = assert.rejects(done, (error) => error instanceof SignInError && error.reason === 'unreachable');
  await clock.pass(21);
  await refused;
  assert.equal(session.state, 'out');
});

test('a lost connection comes back by the token with the same resource, at growing distances', async () => {
  const { session, connections, clock, last } = await signedIn();
  await last().status('DISCONNECTED');
  assert.equal(session.state, 'lost');
  assert.equal(session.retryAt - clock.now(), 1000);
  await clock.pass(1);
  assert.equal(connections.length, 2);
  assert.deepEqual([last().asked.jid, last().asked.secret], ['ann@localhost/web-1', 'secret-token']);
  assert.deepEqual(last().options.mechanisms.map((m) => m.name), ['SASLOAuthBearer']);
  await last().status('CONNFAIL');
  assert.equal(session.retryAt - clock.now(), 2000);
  await clock.pass(2);
  await last().up('ann@localhost/web-1');
  assert.equal(session.state, 'online');
});

test('one failed request is not a lost connection, two in a row are', async () => {
  const { session, last } = await signedIn();
  const error = last().errorHandlers.get(0);
  error();
  last().xmlInput();
  error();
  await settle();
  assert.equal(session.state, 'online');
  error();
  await settle();
  assert.equal(session.state, 'lost');
  assert.equal(last().closed, 'reset');
});

test('"Try now" does not wait for the countdown', async () => {
  const { session, connections, last } = await signedIn();
  await last().status('DISCONNECTED');
  session.tryNow();
  assert.equal(connections.length, 2);
});

test('a refused token asks for the password over the dashboard, and the account stays known', async () => {
  const { session, clock, last, store } = await signedIn();
  await last().status('DISCONNECTED');
  await clock.pass(1);
  await last().status('AUTHFAIL', null, xml('<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><not-authorized/></failure>'));
  assert.equal(session.state, 'over');
  assert.equal(session.account, 'ann@localhost');
  assert.equal(store.getItem('ccm-session'), null);
  const done = session.signIn('ann', 'pw');
  await last().up('ann@localhost/web-1');
  await done;
  assert.equal(session.state, 'online');
});

test('after a reload the session that is still there is taken up by repeating its last request', async () => {
  const before = await signedIn();
  before.store.setItem('strophe-bosh-session', JSON.stringify({ jid: 'ann@localhost/web-1', sid: 's1', rid: 1001 }));
  const { session, last, states } = made(before.store);
  const resumed = session.resume();
  await settle();
  assert.deepEqual(last().attached, { jid: 'ann@localhost/web-1', sid: 's1', rid: 1000 });
  assert.equal(last().flushed > 0 && last().sent[0].firstChild.nodeName, 'ping');
  await last().answer('ping', '');
  assert.equal(await resumed, true);
  assert.deepEqual(states, ['connecting', 'online']);
  assert.equal(session.restored, true);
  assert.equal(session.name, 'Ann');
});

test('after a reload a session that is gone is replaced by the token', async () => {
  const before = await signedIn();
  before.store.setItem('strophe-bosh-session', JSON.stringify({ jid: 'ann@localhost/web-1', sid: 's1', rid: 1001 }));
  const { session, last, connections } = made(before.store);
  session.resume();
  await settle();
  await last().status('CONNFAIL', 'item-not-found');
  assert.equal(connections.length, 2);
  assert.equal(last().asked.secret, 'secret-token');
  await last().up('ann@localhost/web-1');
  assert.equal(session.state, 'online');
});

test('after a reload while the server is away the dashboard waits and comes back', async () => {
  const before = await signedIn();
  const { session, clock, last } = made(before.store);
  session.resume();
  await settle();
  await last().status('CONNFAIL');
  assert.equal(session.state, 'lost');
  await clock.pass(1);
  await last().up('ann@localhost/web-1');
  assert.equal(session.state, 'online');
});

test('a request is answered by its id and its own peer only, and times out', async () => {
  const { session, clock, last } = await signedIn();
  const { $iq } = await import('strophe.js');
  const answer = session.request($iq({ type: 'get', to: 'topics.localhost' }).c('topics', { xmlns: 'urn:ccm:topics:0' }));
  const id = last().sent.at(-1).getAttribute('id');
  await last().play(`<iq type="result" id="${id}" from="evil.example"/>`);
  await last().play(`<iq type="result" id="${id}" from="topics.localhost"><topics xmlns="urn:ccm:topics:0"/></iq>`);
  assert.equal((await answer).getAttribute('from'), 'topics.localhost');
  const never = session.request($iq({ type: 'get', to: 'topics.localhost' }).c('topics', {}));
  const refused = assert.rejects(never, (error) => error.condition === 'timeout');
  await clock.pass(31);
  await refused;
});

test('questions of others are answered: ping, and what is not known', async () => {
  const { last } = await signedIn();
  await last().play('<iq type="get" id="p" from="localhost"><ping xmlns="urn:xmpp:ping"/></iq>');
  await last().play('<iq type="get" id="q" from="localhost"><query xmlns="jabber:iq:version"/></iq>');
  const [ping, other] = last().sent.slice(-2);
  assert.equal(ping.getAttribute('type'), 'result');
  assert.equal(other.getAttribute('type'), 'error');
});

test('signing out forgets the token and ends the session', async () => {
  const { session, last, store } = await signedIn();
  const conn = last();
  session.signOut();
  assert.equal(conn.closed, 'signed out');
  const [revoke] = conn.of('revoke');
  assert.match(revoke, /<revoke xmlns="urn:ccm:token:0">secret-token<\/revoke>/);
  assert.equal(conn.flushedAt.revoke, 'open');
  assert.equal(session.state, 'out');
  assert.equal(store.getItem('ccm-session'), null);
});

test('a line that swallows what is said is a lost connection after some seconds, an idle one after the longest poll', async () => {
  for (const [underWay, seconds] of [[2, 12], [1, 69]]) {
    const { session, clock, last } = await signedIn();
    last()._proto = { _requests: Array(underWay), _abortAllRequests() {} };
    last().xmlOutput();
    await clock.pass(seconds - 1);
    assert.equal(session.state, 'online');
    last().xmlInput();
    last().xmlOutput();
    await clock.pass(seconds - 1);
    assert.equal(session.state, 'online');
    await clock.pass(1);
    assert.equal(session.state, 'lost');
  }
});

test('after a sleep an answer that is there already counts', async () => {
  const { session, clock, last } = await signedIn();
  last()._proto = { _requests: Array(2), _abortAllRequests() {} };
  last().xmlOutput();
  clock.time += 600_000;
  await clock.pass(1);
  assert.equal(session.state, 'online');
  await clock.pass(5);
  assert.equal(session.state, 'lost');
});

test('a page that is seen again asks whether anybody is there', async () => {
  const { session, clock, last } = await signedIn();
  session.wake();
  await last().answer('ping', '');
  await clock.pass(9);
  assert.equal(session.state, 'online');
  session.wake();
  await clock.pass(9);
  assert.equal(session.state, 'lost');
});

test('what was handed over is silent, and the next one goes on with it', async () => {
  const first = await signedIn();
  first.store.setItem('strophe-bosh-session', JSON.stringify({ jid: 'ann@localhost/web-1', sid: 's1', rid: 8 }));
  const bosh = first.session.handOver();
  assert.equal(bosh.sid, 's1');
  await first.clock.pass(2000);
  assert.equal(first.connections.length, 1);
  const next = made();
  next.session.adopt(first.session.kept);
  next.store.setItem('strophe-bosh-session', JSON.stringify(bosh));
  next.session.resume();
  await settle();
  assert.deepEqual(next.last().attached, { jid: 'ann@localhost/web-1', sid: 's1', rid: 7 });
});
