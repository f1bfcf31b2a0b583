"""
The ids that archives of accounts give to messages (XEP-0359 0.7), as children of the messages.

What claims to be such an id and was not set here has been taken out before anybody reads one.
"""

import re

from ccm import namespaces as ns
from ccm.wire.stanza import Stanza, attribute
from ccm.wire.without import without

CHILD = (ns.STANZA_ID, "stanza-id")


def mark(by: str, id_: str) -> bytes:
    """The ``<stanza-id/>`` of an account's archive."""
    return f"<stanza-id xmlns='urn:xmpp:sid:0' by='{attribute(by)}' id='{id_}'/>".encode()


def marked(stanza: Stanza, by: str, id_: str) -> Stanza:
    """The same stanza with that id, for those who may read that archive (XEP-0313 §3.5)."""
    return stanza.with_child(*CHILD, mark(by, id_))


def id_of(stanza: Stanza, by: str) -> str:
    """Its id in the archive of an account; ``""`` if it has none."""
    if CHILD not in stanza.children:
        return ""
    found = re.search(rb"<stanza-id xmlns='urn:xmpp:sid:0' by='%b' id='([0-9a-f]+)'/>" % _quoted(by), stanza.inner)
    return found[1].decode() if found else ""


def cleaned(stanza: Stanza, *accounts: str) -> Stanza:
    """
    The same stanza without ids that pretend to be of these accounts.

    XEP-0359 §3: they "MUST delete that element even if they are not adding their own stanza ID".
    """
    return without(stanza, lambda child: (child.uri, child.name) == CHILD and child.getAttribute("by") in accounts)


def of_sender(stanza: Stanza, recipient: str, sender: str) -> Stanza:
    """What the sender's other clients see of a message: its id in their archive, not that of the recipient."""
    inner, children = stanza.inner, stanza.children
    if children and children[-1] == CHILD:
        end = re.search(rb"<stanza-id xmlns='urn:xmpp:sid:0' by='%b' id='[0-9a-f]+'/>\Z" % _quoted(recipient), inner)
        if end is not None:
            inner, children = inner[: end.start()], children[:-1]
    own = Stanza(stanza.kind, stanza.attrs, inner, children, stanza.declarations)
    return marked(own, sender, stanza.kept) if stanza.kept else own


def _quoted(jid: str) -> bytes:
    return re.escape(attribute(jid).encode())
