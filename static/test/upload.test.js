import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS } from '../src/xmpp/names.js';
import { RequestError } from '../src/xmpp/read.js';
import { Upload, bytes } from '../src/xmpp/upload.js';
import { xml } from './fakes.js';

const info = (features, most = '') => `<iq type="result"><query xmlns="${NS.info}">${features.map((f) => `<feature var="${f}"/>`).join('')}${most ? `<x xmlns="${NS.forms}"><field var="max-file-size"><value>${most}</value></field></x>` : ''}</query></iq>`;

/** A session that answers by address and payload. */
function answering(answers) {
  const asked = /** @type {string[]} */ ([]);
  const request = async (iq) => {
    const el = iq.tree();
    const key = `${el.getAttribute('to')} ${el.firstChild.namespaceURI ?? el.firstChild.getAttribute('xmlns')}`;
    asked.push(key);
    if (!answers[key]) throw new RequestError('service-unavailable');
    return xml(answers[key]);
  };
  return { session: /** @type {any} */ ({ domain: 'localhost', request }), asked };
}

const SLOT = `<iq type="result"><slot xmlns="${NS.upload}"><put url="https://h/p"><header name="Authorization">Basic x</header><header name="Host">evil</header></put><get url="https://h/g"/></slot></iq>`;

test('a place is asked for where the server gives places, with the headers that may be sent', async () => {
  const { session } = answering({ [`upload.localhost ${NS.info}`]: info([NS.upload], '1000'), [`upload.localhost ${NS.upload}`]: SLOT });
  const place = await new Upload(session).place({ name: 'a.png', size: 9, type: 'image/png' });
  assert.deepEqual(place, { put: 'https://h/p', get: 'https://h/g', headers: [['Authorization', 'Basic x']] });
});

test('a file that is too large is not asked for, and the reason is said', async () => {
  const { session, asked } = answering({ [`upload.localhost ${NS.info}`]: info([NS.upload], '1000') });
  await assert.rejects(new Upload(session).place({ name: 'a.png', size: 24_000, type: '' }), /may have 1.0 kB here, and has 24 kB/);
  assert.equal(asked.length, 1);
});

test('on other servers it is found among their services; without one that is said, and looked for again', async () => {
  const items = `<iq type="result"><query xmlns="${NS.items}"><item jid="rooms.localhost"/><item jid="files.localhost"/></query></iq>`;
  const other = answering({ [`localhost ${NS.items}`]: items, [`rooms.localhost ${NS.info}`]: info([NS.muc]), [`files.localhost ${NS.info}`]: info([NS.upload]) });
  assert.deepEqual(await new Upload(other.session).service(), { jid: 'files.localhost', most: 0 });
  const none = answering({});
  const upload = new Upload(none.session);
  await assert.rejects(upload.place({ name: 'a', size: 1, type: '' }), /keeps no files/);
  const before = none.asked.length;
  await upload.service();
  assert.ok(none.asked.length > before);
});

test('sizes are said in words that fit', () => {
  assert.deepEqual([0, 999, 1000, 24_000, 1_500_000, 104_857_600].map(bytes), ['0 B', '999 B', '1.0 kB', '24 kB', '1.5 MB', '105 MB']);
});
