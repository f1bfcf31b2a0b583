/**
 * The XML namespaces that the dashboard speaks; the last group is CCM's own (docs/protocol.md).
 */
export const NS = Object.freeze({
  client: 'jabber:client',
  stanzas: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  muc: 'http://jabber.org/protocol/muc', // XEP-0045
  mucUser: 'http://jabber.org/protocol/muc#user',
  mucAdmin: 'http://jabber.org/protocol/muc#admin',
  conference: 'jabber:x:conference', // XEP-0249
  forms: 'jabber:x:data', // XEP-0004
  rsm: 'http://jabber.org/protocol/rsm', // XEP-0059
  pubsub: 'http://jabber.org/protocol/pubsub', // XEP-0060
  event: 'http://jabber.org/protocol/pubsub#event',
  chatStates: 'http://jabber.org/protocol/chatstates', // XEP-0085
  ping: 'urn:xmpp:ping', // XEP-0199
  delay: 'urn:xmpp:delay', // XEP-0203
  forward: 'urn:xmpp:forward:0', // XEP-0297
  correct: 'urn:xmpp:message-correct:0', // XEP-0308
  mam: 'urn:xmpp:mam:2', // XEP-0313
  sid: 'urn:xmpp:sid:0', // XEP-0359
  occupant: 'urn:xmpp:occupant-id:0', // XEP-0421
  retract: 'urn:xmpp:message-retract:1', // XEP-0424
  reactions: 'urn:xmpp:reactions:0', // XEP-0444
  fallback: 'urn:xmpp:fallback:0', // XEP-0428
  reply: 'urn:xmpp:reply:0', // XEP-0461
  markers: 'urn:xmpp:chat-markers:0', // XEP-0333
  displayed: 'urn:xmpp:mds:displayed:0', // XEP-0490
  info: 'http://jabber.org/protocol/disco#info', // XEP-0030
  items: 'http://jabber.org/protocol/disco#items',
  caps: 'http://jabber.org/protocol/caps', // XEP-0115
  upload: 'urn:xmpp:http:upload:0', // XEP-0363
  oob: 'jabber:x:oob', // XEP-0066
  file: 'urn:xmpp:file:metadata:0', // XEP-0446
  sharing: 'urn:xmpp:sfs:0', // XEP-0447
  urlData: 'http://jabber.org/protocol/url-data', // XEP-0103

  topics: 'urn:ccm:topics:0',
  invitations: 'urn:ccm:invitations:0',
  accounts: 'urn:ccm:accounts:0',
  reporter: 'urn:ccm:reporter:0',
  token: 'urn:ccm:token:0',
  record: 'urn:ccm:record:0',
});
