"""
The XML namespaces that CCM speaks, one constant each.

The names say the specification; values are those of the RFC or XEP in the comment beside them. The last
group is CCM's own and is described in ``docs/protocol.md``.
"""

STREAMS = "http://etherx.jabber.org/streams"  # RFC 6120 §4.8.2
CLIENT = "jabber:client"  # RFC 6120 §4.8.2
SERVER = "jabber:server"  # RFC 6120 §4.8.2
COMPONENT = "jabber:component:accept"  # XEP-0114
XML = "http://www.w3.org/XML/1998/namespace"
STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas"  # RFC 6120 §8.3
STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"  # RFC 6120 §4.9
TLS = "urn:ietf:params:xml:ns:xmpp-tls"  # RFC 6120 §5
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"  # RFC 6120 §6
CHANNEL_BINDING = "urn:xmpp:sasl-cb:0"  # XEP-0440
BIND = "urn:ietf:params:xml:ns:xmpp-bind"  # RFC 6120 §7
SESSION = "urn:ietf:params:xml:ns:xmpp-session"  # RFC 3921, kept as an optional feature
ROSTER = "jabber:iq:roster"  # RFC 6121 §2
ROSTER_VERSIONING = "urn:xmpp:features:rosterver"  # RFC 6121 §2.6
PRE_APPROVAL = "urn:xmpp:features:pre-approval"  # RFC 6121 §3.4
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"  # RFC 7395

DATA_FORMS = "jabber:x:data"  # XEP-0004
DISCO_INFO = "http://jabber.org/protocol/disco#info"  # XEP-0030
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"  # XEP-0030
MUC = "http://jabber.org/protocol/muc"  # XEP-0045
MUC_USER = "http://jabber.org/protocol/muc#user"
MUC_ADMIN = "http://jabber.org/protocol/muc#admin"
MUC_OWNER = "http://jabber.org/protocol/muc#owner"
COMMANDS = "http://jabber.org/protocol/commands"  # XEP-0050
RSM = "http://jabber.org/protocol/rsm"  # XEP-0059
PUBSUB = "http://jabber.org/protocol/pubsub"  # XEP-0060
PUBSUB_EVENT = "http://jabber.org/protocol/pubsub#event"
PRIVATE = "jabber:iq:private"  # XEP-0049
VCARD = "vcard-temp"  # XEP-0054
REGISTER = "jabber:iq:register"  # XEP-0077
REGISTER_FEATURE = "http://jabber.org/features/iq-register"
CHAT_STATES = "http://jabber.org/protocol/chatstates"  # XEP-0085
VERSION = "jabber:iq:version"  # XEP-0092
CAPS = "http://jabber.org/protocol/caps"  # XEP-0115
HTTPBIND = "http://jabber.org/protocol/httpbind"  # XEP-0124
XBOSH = "urn:xmpp:xbosh"  # XEP-0206
SM = "urn:xmpp:sm:3"  # XEP-0198
BLOCKING = "urn:xmpp:blocking"  # XEP-0191
PING = "urn:xmpp:ping"  # XEP-0199
TIME = "urn:xmpp:time"  # XEP-0202
DELAY = "urn:xmpp:delay"  # XEP-0203
EXTERNAL_SERVICES = "urn:xmpp:extdisco:2"  # XEP-0215
HATS = "urn:xmpp:hats:0"  # XEP-0317
MUC_INVITE = "jabber:x:conference"  # XEP-0249
FORWARD = "urn:xmpp:forward:0"  # XEP-0297
CSI = "urn:xmpp:csi:0"  # XEP-0352
CORRECT = "urn:xmpp:message-correct:0"  # XEP-0308
UPLOAD = "urn:xmpp:http:upload:0"  # XEP-0363
UPLOAD_PURPOSE = "urn:xmpp:http:upload:purpose:0"
PUSH = "urn:xmpp:push:0"  # XEP-0357
MAM = "urn:xmpp:mam:2"  # XEP-0313
HINTS = "urn:xmpp:hints"  # XEP-0334
STANZA_ID = "urn:xmpp:sid:0"  # XEP-0359
OCCUPANT_ID = "urn:xmpp:occupant-id:0"  # XEP-0421
RETRACT = "urn:xmpp:message-retract:1"  # XEP-0424
MODERATE = "urn:xmpp:message-moderate:1"  # XEP-0425
FASTEN = "urn:xmpp:fasten:0"  # XEP-0422, which XEP-0425 0.2 rested on
MODERATE_0 = "urn:xmpp:message-moderate:0"  # XEP-0425 0.2
RETRACT_0 = "urn:xmpp:message-retract:0"  # XEP-0424 0.3
REACTIONS = "urn:xmpp:reactions:0"  # XEP-0444
FALLBACK = "urn:xmpp:fallback:0"  # XEP-0428
REPLY = "urn:xmpp:reply:0"  # XEP-0461

TOPICS = "urn:ccm:topics:0"
INVITATIONS = "urn:ccm:invitations:0"
REPORTER = "urn:ccm:reporter:0"
TOKEN = "urn:ccm:token:0"  # noqa: S105 - a namespace
RECORD = "urn:ccm:record:0"
ROOMS = "urn:ccm:rooms:0"
ACCOUNTS = "urn:ccm:accounts:0"
