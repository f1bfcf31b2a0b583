import assert from 'node:assert/strict';
import { test } from 'node:test';
import { $iq, $msg, $pres, Strophe } from 'strophe.js';
import { Emitter } from '../src/xmpp/emitter.js';
import { SharedSession } from '../src/xmpp/shared-session.js';
import { Store, TurnedClock, settle, xml } from './fakes.js';

const NO_LONGER = new Error('AbortError');

/** The Web Locks of a browser. */
class Locks {
  held = new Map();
  waiting = /** @type {any[]} */ ([]);

  query = async () => ({ held: [...this.held.keys()].map((name) => ({ name })) });

  request(name, options, callback) {
    return new Promise((resolve, reject) => {
      if (options.tab?.dead) return;
      const asked = { name, callback, resolve, reject, tab: options.tab };
      if (options.ifAvailable && this.held.has(name)) return resolve(callback(null));
      options.signal?.addEventListener('abort', () => {
        if (!this.waiting.includes(asked)) return;
        this.waiting.splice(this.waiting.indexOf(asked), 1);
        reject(NO_LONGER);
      });
      if (options.steal && this.held.has(name)) {
        this.held.get(name).reject(NO_LONGER);
        this.held.delete(name);
      }
      if (options.steal) this.waiting.unshift(asked);
      else this.waiting.push(asked);
      queueMicrotask(() => this.grant());
    });
  }

  grant() {
    for (const asked of [...this.waiting]) {
      if (this.held.has(asked.name) || asked.tab?.dead) continue;
      this.waiting.splice(this.waiting.indexOf(asked), 1);
      this.held.set(asked.name, asked);
      Promise.resolve(asked.callback({ name: asked.name })).then((value) => {
        if (this.held.get(asked.name) === asked) this.held.delete(asked.name);
        asked.resolve(value);
        this.grant();
      });
    }
  }

  /** A tab is closed. */
  drop(name, asked) {
    if (this.held.get(name) === asked) this.held.delete(name);
    queueMicrotask(() => this.grant());
  }
}

let issued = 0;

/** A session of one tab's own, without a server. */
class OwnSession extends Emitter {
  state = 'out';
  jid = '';
  name = 'Ann';
  retryAt = 0;
  restored = false;
  sent = /** @type {any[]} */ ([]);
  asked = /** @type {string[]} */ ([]);
  kept = { ticket: /** @type {any} */ (null), keys: null };
  bosh = { jid: 'ann@localhost/web', sid: 's', rid: 7 };

  constructor(resource, store) {
    super();
    this.resource = resource;
    this.store = store;
  }

  get account() {
    return this.jid.split('/', 1)[0];
  }

  get connection() {
    return JSON.parse(this.store.getItem('strophe-bosh-session') ?? 'null');
  }

  turn(state) {
    const before = this.state;
    this.state = state;
    this.emit('state', state, before);
  }

  async signInByToken(account) {
    this.up(`${account}/${this.resource}`);
  }

  async signIn(name) {
    if (name === 'nobody') throw new Error('wrong');
    this.up(`${name}@localhost/${this.resource}`);
  }

  up(jid) {
    this.jid = jid;
    this.kept = { ticket: { jid, name: 'Ann' }, keys: null };
    this.store.setItem('ccm-session', JSON.stringify(this.kept.ticket));
    this.turn('online');
  }

  adopt(kept) {
    this.kept = kept;
    this.resumesWith = this.store.getItem('strophe-bosh-session');
  }

  async resume() {
    if (!this.kept.ticket) return false;
    this.resumesWith = JSON.parse(this.store.getItem('strophe-bosh-session') ?? 'null');
    this.turn('connecting');
    this.up(this.kept.ticket.jid);
    return true;
  }

  send(element) {
    this.sent.push(element.tree?.() ?? element);
    return true;
  }

  request(iq) {
    const element = iq.tree();
    this.sent.push(element);
    if (!element.firstChild.getAttribute('device')) return new Promise(() => {});
    return Promise.resolve(xml(`<iq type="result"><token xmlns="urn:ccm:token:0" name="Ann" expires="2200-01-01T00:00:00Z">ccmd_${(issued += 1)}</token></iq>`));
  }

  handOver() {
    this.handedOver = true;
    return this.bosh;
  }

  signOut() {
    this.signedOut = true;
  }

  tryNow() {
    this.asked.push('try');
  }

  wake() {
    this.asked.push('wake');
  }
}

function browser() {
  const clock = new TurnedClock();
  const locks = new Locks();
  const channels = /** @type {any[]} */ ([]);
  const lasting = new Store();
  let tabs = 0;
  const tab = (store = new Store()) => {
    const owns = /** @type {any[]} */ ([]);
    const mine = /** @type {any[]} */ ([]);
    const channel = {
      onmessage: /** @type {any} */ (null), frozen: false, dead: false,
      postMessage(data) {
        if (channel.dead) return;
        for (const other of channels) if (other !== channel) queueMicrotask(() => !other.frozen && other.onmessage?.({ data: structuredClone(data) }));
      },
    };
    channels.push(channel);
    const ownLocks = {
      query: locks.query,
      request: (name, ...rest) => locks.request(name, { ...(rest.length > 1 ? rest[0] : {}), tab: channel }, (lock) => {
        if (lock) mine.push([name, locks.held.get(name)]);
        return rest.at(-1)(lock);
      }).catch(async (error) => {
        while (channel.frozen) await new Promise((go) => { channel.thaw = go; }); // it runs nothing until then
        throw error;
      }),
    };
    const number = (tabs += 1);
    let ids = 0;
    const session = new SharedSession({
      make: (resource) => { owns.push(new OwnSession(resource, store)); return owns.at(-1); },
      domain: 'localhost', channel, locks: /** @type {any} */ (ownLocks), store, lasting: /** @type {any} */ (lasting), agent: 'X11; Linux Firefox/130', clock, write: Strophe.serialize, read: xml,
      newId: () => `tab${number}-${(ids += 1)}`,
    });
    const states = /** @type {string[]} */ ([]);
    const heard = /** @type {string[]} */ ([]);
    session.on('state', (state) => states.push(state));
    session.on('stanza', (stanza) => heard.push(stanza.nodeName));
    const die = () => {
      channel.dead = true;
      channels.splice(channels.indexOf(channel), 1);
      for (const [name, asked] of mine) locks.drop(name, asked);
    };
    const close = () => {
      session.farewell();
      die();
    };
    return { session, store, owns, states, heard, channel, close, die, own: () => owns.at(-1), read: () => states.splice(0) };
  };
  return { clock, locks, lasting, tab };
}

async function two() {
  const world = browser();
  const first = world.tab();
  await first.session.signIn('ann', 'pw');
  await settle();
  const second = world.tab();
  await second.session.resume();
  await settle();
  return { ...world, first, second };
}

test('one tab alone is as a session of its own', async () => {
  const { tab } = browser();
  const { session, states, own } = tab();
  await session.signIn('ann', 'pw');
  await settle();
  assert.deepEqual(states, ['connecting', 'online']);
  assert.equal(session.account, 'ann@localhost');
  session.send($pres());
  assert.equal(own().sent.length, 1);
});

test('a wrong password leaves everything as it was', async () => {
  const { session } = browser().tab();
  await assert.rejects(session.signIn('nobody', 'pw'));
  assert.equal(session.state, 'out');
});

test('a further tab needs no sign-in and no connection, and says and hears what the first does', async () => {
  const { first, second } = await two();
  assert.deepEqual(second.states, ['connecting', 'online']);
  assert.deepEqual([second.session.jid, second.session.name], [first.session.jid, 'Ann']);
  assert.equal(second.owns.length, 0);
  second.session.send($msg({ to: 'r@conference.localhost', type: 'groupchat' }).c('body', {}, 'a < b'));
  await settle();
  assert.equal(first.own().sent.at(-1).textContent, 'a < b');
  first.own().emit('stanza', xml('<message from="r@conference.localhost/ann"><body>a</body></message>'));
  await settle();
  assert.deepEqual([first.heard, second.heard], [['message'], ['message']]);
});

test('a request of another tab is answered there alone', async () => {
  const { first, second } = await two();
  const answer = second.session.request($iq({ type: 'get', to: 'localhost' }).c('ping', { xmlns: 'urn:xmpp:ping' }));
  await settle();
  const id = first.own().sent.at(-1).getAttribute('id');
  first.own().emit('answer', xml(`<iq type="result" id="${id}" from="localhost"/>`));
  assert.equal((await answer).getAttribute('id'), id);
});

test('what is shown of others is told to a tab that comes later; the same presence is not sent again', async () => {
  const { first, second, tab } = await two();
  first.session.send($pres());
  second.session.send($pres());
  await settle();
  assert.equal(first.own().sent.length, 1);
  first.own().emit('stanza', xml('<presence from="topics.localhost"><show>dnd</show></presence>'));
  const third = tab();
  await third.session.resume();
  await settle();
  assert.deepEqual(third.heard, ['presence']);
});

test('a tab that comes later takes back nothing of what an earlier one can', async () => {
  const { first, second } = await two();
  const able = () => $pres().c('c', { xmlns: 'http://jabber.org/protocol/caps', node: 'n', ver: 'v' });
  for (const { session } of [first, second]) for (const shown of [$pres(), able()]) session.send(shown);
  await settle();
  assert.deepEqual(first.own().sent.map((el) => el.childNodes.length), [0, 1]);
});

test('a room is left when the last tab leaves it, and when the last tab in it is gone', async () => {
  const { first, second, clock } = await two();
  const join = () => $pres({ to: 'r@conference.localhost/ann' }).c('x', { xmlns: 'http://jabber.org/protocol/muc' });
  const leave = () => $pres({ to: 'r@conference.localhost/ann', type: 'unavailable' });
  first.session.send(join());
  second.session.send(join());
  await settle();
  first.session.send(leave());
  assert.equal(first.own().sent.filter((el) => el.getAttribute('type') === 'unavailable').length, 0);
  second.close();
  await settle();
  await clock.pass(11);
  const left = first.own().sent.filter((el) => el.getAttribute('type') === 'unavailable');
  assert.deepEqual(left.map((el) => el.getAttribute('to')), ['r@conference.localhost/ann']);
});

test('a tab that is gone without a word is a member no longer', async () => {
  const { first, second, clock } = await two();
  second.session.send($pres({ to: 'r@conference.localhost/ann' }).c('x', { xmlns: 'http://jabber.org/protocol/muc' }));
  await settle();
  second.die();
  await settle();
  await clock.pass(11);
  assert.equal(first.own().sent.at(-1).getAttribute('type'), 'unavailable');
  first.store.setItem('strophe-bosh-session', '{"sid":"s","rid":9}');
  assert.deepEqual(first.session.farewell(), { sid: 's', rid: 9 });
});

test('when the holder goes another tab takes its session up, and all see the connection go and come', async () => {
  const { first, second, tab, clock } = await two();
  const third = tab();
  await third.session.resume();
  await settle();
  [second, third].forEach((one) => one.read());
  first.close();
  await settle();
  await clock.pass(0.2);
  assert.equal(first.own().handedOver, true);
  assert.deepEqual(second.own().resumesWith, { jid: 'ann@localhost/web', sid: 's', rid: 7 });
  assert.equal(second.own().resource, 'web-tab1-2');
  assert.deepEqual([second.read(), third.read()], [['connecting', 'online'], ['connecting', 'online']]);
  assert.equal(third.owns.length, 0);
});

test('a holder that does not answer loses the session, and follows once it wakes', async () => {
  const { first, second, clock } = await two();
  first.channel.frozen = true;
  second.session.wake();
  await clock.pass(2.5);
  assert.equal(second.session.state, 'online');
  assert.equal(second.owns.length, 1);
  first.channel.frozen = false;
  first.channel.thaw();
  first.read();
  await clock.pass(2.5);
  assert.equal(first.own().handedOver, true);
  assert.deepEqual([first.session.state, first.read()], ['online', ['connecting', 'online']]);
  second.session.wake();
  assert.deepEqual(second.own().asked, ['wake']);
});

test('the state of the connection is the same in all tabs, and each may try again', async () => {
  const { first, second } = await two();
  first.own().retryAt = 5;
  first.own().turn('lost');
  await settle();
  assert.deepEqual([second.session.state, second.session.retryAt], ['lost', 5]);
  assert.equal(second.session.send($pres()), false);
  second.session.tryNow();
  await settle();
  assert.deepEqual(first.own().asked, ['try']);
});

test('signing out in one tab signs all of them out', async () => {
  const { first, second, clock } = await two();
  for (const { session } of [first, second]) session.on('signed-out', () => session.signOut());
  second.session.signOut();
  await settle();
  await clock.pass(3);
  assert.deepEqual([first.session.state, second.session.state], ['out', 'out']);
  assert.equal(first.own().signedOut, true);
  assert.deepEqual([first.store.getItem('ccm-session'), second.store.getItem('ccm-session')], [null, null]);
});

test('whoever signs out while nobody holds the session ends it once somebody does', async () => {
  const { first, second, tab, clock } = await two();
  const third = tab();
  await third.session.resume();
  await settle();
  for (const { session } of [second, third]) session.on('signed-out', () => session.signOut());
  first.close();
  await settle();
  third.session.signOut();
  await settle();
  assert.equal(third.session.state, 'out');
  await clock.pass(0.2);
  assert.equal(second.own().signedOut, true);
  assert.equal(second.session.state, 'out');
  assert.equal(second.store.getItem('ccm-session'), null);
});

test('a question to the tabs of one account says nothing about those of another', async () => {
  const { first, tab, clock } = await two();
  const other = tab();
  other.session.resume();
  await settle();
  const kim = tab(new Store());
  kim.store.setItem('ccm-session', '{"jid":"kim@localhost/web"}');
  kim.session.resume(); // nobody answers
  await settle();
  const signedIn = kim.session.signInByToken('ann@localhost', 'token');
  await settle();
  await signedIn;
  assert.equal(kim.session.jid, first.session.jid);
  assert.equal(kim.owns.filter((own) => own.account === 'ann@localhost').length, 0);
  await clock.pass(3);
  assert.equal(kim.session.state, 'online');
});

test('who signs in to an account that another tab holds uses that session', async () => {
  const { first, tab } = await two();
  const third = tab();
  await third.session.signIn('ann', 'pw');
  await settle();
  assert.equal(third.own().signedOut, true);
  assert.equal(third.session.jid, first.session.jid);
});

test('other accounts have sessions of their own', async () => {
  const { first, tab } = await two();
  const third = tab();
  await third.session.signIn('kim', 'pw');
  await settle();
  assert.equal(third.session.account, 'kim@localhost');
  third.session.send($msg({ to: 'x' }));
  assert.equal(first.own().sent.length, 0);
});

test('the last tab keeps its session for a reload', async () => {
  const { tab } = browser();
  const only = tab();
  await only.session.signIn('ann', 'pw');
  only.store.setItem('strophe-bosh-session', '{"sid":"s","rid":9}');
  assert.deepEqual(only.session.farewell(), { sid: 's', rid: 9 });
  assert.equal(only.own().handedOver, undefined);
});

test('a tab that was opened by a link for somebody else is not signed in as whoever is here', async () => {
  const { tab } = await two();
  const third = tab();
  assert.equal(await third.session.resume(false), false);
  assert.equal(third.session.state, 'out');
});

test('what a holder says that was asleep while another took over is not heard', async () => {
  const { first, second, clock, tab } = await two();
  const third = tab();
  await third.session.resume();
  await settle();
  first.channel.frozen = true;
  second.session.wake();
  await clock.pass(2.5);
  assert.equal(third.session.state, 'online');
  first.own().turn('lost'); // its connection was cut meanwhile
  await settle();
  assert.deepEqual([second.session.state, third.session.state], ['online', 'online']);
});

test('a guest who becomes an account leaves the others\' session alone, and hears everything once', async () => {
  const { tab } = browser();
  const one = tab();
  await one.session.signIn('guest', 'pw');
  await settle();
  await one.session.signIn('zoe', 'pw');
  await settle();
  assert.equal(one.session.account, 'zoe@localhost');
  assert.equal(one.owns.length, 1);
  one.own().emit('stanza', xml('<message/>'));
  assert.deepEqual(one.heard, ['message']);
});

// -- what outlives the tabs

const told = (own, name) => own.sent.filter((each) => each.firstChild?.nodeName === name && each.firstChild.getAttribute('device')).map((each) => each.firstChild);

test('who chose to stay is signed in after all tabs were closed, by a token that then gives way to another', async () => {
  const { tab, lasting } = browser();
  const first = tab();
  await first.session.signIn('ann', 'pw', true);
  await settle();
  const [asked] = told(first.own(), 'token');
  assert.equal(asked.getAttribute('name'), 'Firefox, Linux');
  const token = JSON.parse(lasting.getItem('ccm-stay:ann@localhost')).token;
  first.close();
  const second = tab();
  assert.equal(await second.session.resume(), true);
  await settle();
  assert.equal(second.session.account, 'ann@localhost');
  assert.deepEqual(told(second.own(), 'token').map((each) => each.getAttribute('device')), [asked.getAttribute('device')]);
  assert.ok(token && JSON.parse(lasting.getItem('ccm-stay:ann@localhost')).token !== token);
});

test('who did not is signed out then', async () => {
  const { tab } = browser();
  const first = tab();
  await first.session.signIn('ann', 'pw');
  await settle();
  first.close();
  assert.equal(await tab().session.resume(), false);
});

test('two tabs that open at once have one session', async () => {
  const { tab, clock } = browser();
  const first = tab();
  await first.session.signIn('ann', 'pw', true);
  await settle();
  first.close();
  const both = [tab(), tab()];
  const back = both.map(({ session }) => session.resume());
  await settle();
  await clock.pass(3);
  await settle();
  assert.deepEqual(await Promise.all(back), [true, true]);
  await settle();
  assert.deepEqual(both.map(({ session }) => session.state), ['online', 'online']);
  assert.equal(both.flatMap(({ owns }) => owns).filter((own) => !own.handedOver).length, 1);
});

test('signing out in any tab ends staying, here and at the server', async () => {
  const { first, second, lasting } = await two();
  await first.session.staying(true);
  assert.ok(second.session.stays && first.session.stays);
  for (const { session } of [first, second]) session.on('signed-out', () => session.signOut());
  const own = first.own();
  second.session.signOut();
  await settle();
  assert.equal(told(own, 'revoke').length, 1);
  assert.equal(lasting.getItem('ccm-stay:ann@localhost'), null);
});

test('a token that is refused is forgotten', async () => {
  const { tab, lasting } = browser();
  const first = tab();
  await first.session.signIn('ann', 'pw', true);
  await settle();
  first.own().turn('over');
  assert.equal(lasting.getItem('ccm-stay:ann@localhost'), null);
});

test('a guest stays, and every tab is the guest’s; an account comes first, and whom a link is for before both', async () => {
  const { tab, lasting } = browser();
  const guest = tab();
  await guest.session.signInByToken('kim@guests.localhost', 'code');
  await settle();
  const second = tab();
  assert.equal(await second.session.resume(), true);
  assert.equal(second.session.account, 'kim@guests.localhost');
  second.close();
  guest.close();
  await settle();
  assert.equal(await tab().session.resume(false), false);
  assert.equal(await tab().session.resume(true, 'tom@guests.localhost'), false);
  lasting.setItem('ccm-stay:ann@localhost', JSON.stringify({ token: 't', expires: '2200-01-01T00:00:00Z', seen: 0, name: 'Ann' }));
  for (const [who, account] of [['', 'ann@localhost'], ['kim@guests.localhost', 'kim@guests.localhost'], ['tom@guests.localhost', 'ann@localhost']]) {
    const next = tab();
    assert.equal(await next.session.resume(true, who), true);
    assert.equal(next.session.account, account);
    next.close();
    await settle();
  }
});

test('a guest who becomes an account stays as that', async () => {
  const { tab, lasting } = browser();
  const { session } = tab();
  await session.signInByToken('kim@guests.localhost', 'code');
  await settle();
  await session.signInByToken('kim@localhost', 'code');
  await settle();
  assert.equal(lasting.getItem('ccm-stay:kim@guests.localhost'), null);
  assert.ok(JSON.parse(lasting.getItem('ccm-stay:kim@localhost')).token);
});
