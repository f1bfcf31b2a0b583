"""
Which mechanisms a client may sign in by now (RFC 6120 §6.3.3), and which channel bindings (XEP-0440 1.0.0).

Leaves out the mechanisms themselves: :mod:`ccm.session.sasl`.
"""

from ccm import address
from ccm import namespaces as ns
from ccm.session.realm import Realm
from ccm.session.tls_facts import NOTHING, TlsFacts
from ccm.session.verifiers import HASHES

PLUS = "-PLUS"
_IN_CLEAR = frozenset({"PLAIN", "OAUTHBEARER"})
_CHOSEN = frozenset({*HASHES, *_IN_CLEAR})  # the others are offered for other reasons than being in the options


def offered(realm: Realm, host: str, secure: bool, tls: TlsFacts = NOTHING) -> tuple[str, ...]:
    """The mechanisms, the preferred first."""
    if not secure and realm.options.require_tls:
        return ()
    if host in realm.sasl.anonymous_hosts:
        return ("ANONYMOUS",)
    clear = secure or realm.sasl.plain_without_tls
    if host == realm.guest_host:
        return ("OAUTHBEARER",) if clear else ()
    names = ["EXTERNAL"] if _certified(realm, host, tls) else []
    for name in realm.sasl.mechanisms:
        if binds(realm, name, tls):
            names.append(name + PLUS)
        if name in _CHOSEN and (clear or name not in _IN_CLEAR):
            names.append(name)
    return tuple(names)


def binds(realm: Realm, name: str, tls: TlsFacts) -> bool:
    """Whether a mechanism can bind to the connection, and may."""
    return name in HASHES and bool(tls.bindings) and realm.sasl.channel_binding


def announced(mechanisms: tuple[str, ...], tls: TlsFacts) -> bytes:
    """What the stream features tell of these (RFC 6120 §6.4.1, XEP-0440 §2)."""
    listed = "".join(f"<mechanism>{name}</mechanism>" for name in mechanisms)
    said = f"<mechanisms xmlns='{ns.SASL}'>{listed}</mechanisms>"
    if any(name.endswith(PLUS) for name in mechanisms):
        types = "".join(f"<channel-binding type='{name}'/>" for name in tls.bindings)
        said += f"<sasl-channel-binding xmlns='{ns.CHANNEL_BINDING}'>{types}</sasl-channel-binding>"
    return said.encode()


def _certified(realm: Realm, host: str, tls: TlsFacts) -> bool:
    """Whether the client's certificate may be for somebody of that host."""
    own = any(address.domain(jid) == host for jid in tls.addresses)
    return own or bool(tls.mails and realm.sasl.certificate_mails)
