"""
Signing in (RFC 6120 §6): SCRAM-SHA-1 and SCRAM-SHA-256, PLAIN (RFC 4616), OAUTHBEARER (RFC 7628), EXTERNAL by
certificate (XEP-0178 1.2), ANONYMOUS (RFC 4505, XEP-0175 1.2).

Whatever the mechanism, :func:`authorise` has the last word on who somebody may act as. Unknown names go through the
same exchange as known ones. Who has registered, and proves to know the password, is told to confirm the mail address:
only by chat address, since by mail address it would tell who has an account.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from math import ceil

from ccm import address
from ccm.errors import SaslError, StanzaError
from ccm.records import Account, Verifier
from ccm.session.offer import PLUS, binds
from ccm.session.realm import Realm
from ccm.session.scram import ClientFirst, ScramExchange, made_up
from ccm.session.tls_facts import NOTHING, TlsFacts
from ccm.session.verifiers import fingerprint
from ccm.session.visitors import Visitors

_MAX_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Challenge:
    """Ask the client for more."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Granted:
    """
    The client has proven to be *jid* (bare) and may act as it; *data* goes with the success, if any.

    :ivar password: the fingerprint of the account's password; ``""`` for anonymous guests.
    :ivar scope: what a guest may do (:mod:`ccm.session.guests`); ``""`` for accounts.
    """

    jid: str
    data: bytes | None = None
    password: str = ""
    scope: str = ""


Step = Challenge | Granted


def authorise(jid: str, authzid: str) -> None:
    """
    The one place that decides who may act as whom: everybody as himself alone.

    :param jid: bare JID of the account that was proven.
    :raises SaslError: ``invalid-authzid`` if *authzid* is neither empty nor that JID.
    """
    if not authzid:
        return
    try:
        wanted = address.prepare(authzid)
    except StanzaError as error:
        raise SaslError("invalid-authzid", "That is not a valid address.") from error
    if wanted != jid:
        raise SaslError("invalid-authzid", "You may only act as yourself.")


class Exchange:
    """
    One SASL negotiation, from ``<auth/>`` on.

    :param host: the domain that the stream is to.
    :param peer: address of the client; attempts that fail are counted by it.
    :param tls: what TLS has shown of the connection.
    """

    def __init__(self, realm: Realm, mechanism: str, host: str, peer: str = "", tls: TlsFacts = NOTHING) -> None:
        self._gate = _Gate(realm, peer)
        terms = _Terms(realm, self._gate, mechanism, host, tls)
        self._mechanism = MECHANISMS[mechanism.removesuffix(PLUS)](terms)

    @property
    def held_back(self) -> bool:
        """Whether the attempt waits because others before it failed."""
        return self._gate.waits

    async def step(self, data: bytes | None) -> Step:
        """
        Take what the client sent; ``None`` if there was no initial response.

        :raises SaslError: with the condition of the failure.
        """
        if data is not None and len(data) > _MAX_BYTES:
            raise SaslError("malformed-request", "That is too long.")
        self._gate.check_refused()
        try:
            said = await self._mechanism.step(data)
        except SaslError as error:
            if error.condition == "not-authorized":
                self._gate.failed()
            raise
        if isinstance(said, Challenge):
            return said
        authorise(said.jid, said.authzid)
        self._gate.succeeded(said.jid)
        password = fingerprint(said.account.verifiers) if said.account else ""
        return Granted(said.jid, said.data, password, said.scope)


class _Gate:
    """Makes those wait who failed before; see :mod:`ccm.session.attempts`."""

    def __init__(self, realm: Realm, peer: str) -> None:
        visitors: Visitors = realm.visitors
        self._attempts, self._address = visitors.attempts, visitors.counted(peer)
        self._pause = realm.pause
        self._name = ""
        self.waits = False

    def check_refused(self) -> None:
        """:raises SaslError: if the address has failed too often."""
        seconds = self._attempts.refused(self._address)
        if seconds:
            minutes = ceil(seconds / 60)
            raise SaslError("temporary-auth-failure", f"Too many attempts have failed. Try again in {minutes} minutes.")

    async def claim(self, name: str) -> None:
        """Somebody says to be *name* (an account's JID if there is one): wait as long as is due."""
        self._name = name
        seconds = self._attempts.wait(self._address, name)
        if seconds:
            self.waits = True
            await self._pause(seconds)
            self.waits = False
            self.check_refused()

    def failed(self) -> None:
        self._attempts.failed(self._address, self._name)

    def succeeded(self, jid: str) -> None:
        self._attempts.succeeded(self._address, jid)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a mechanism is used with."""

    realm: Realm
    gate: _Gate
    mechanism: str
    host: str
    tls: TlsFacts


@dataclass(frozen=True, slots=True)
class _Proven:
    jid: str
    authzid: str
    data: bytes | None = None
    account: Account | None = None
    scope: str = ""


class _Scram:
    def __init__(self, terms: _Terms) -> None:
        self._realm, self._gate, self._tls = terms.realm, terms.gate, terms.tls
        self._name = terms.mechanism.removesuffix(PLUS)
        self._plus = terms.mechanism.endswith(PLUS)
        self._first: ClientFirst | None = None
        self._exchange: ScramExchange | None = None
        self._account: Account | None = None

    async def step(self, data: bytes | None) -> "Challenge | _Proven":
        if data is None:
            if self._first is not None:
                raise SaslError("malformed-request")
            return Challenge(b"")
        if self._first is None or self._exchange is None:
            self._first = ClientFirst.parse(data)
            binding = self._binding(self._first.flag)
            self._account = await _find(self._realm, self._gate, self._first.name)
            verifier = _verifier(self._realm, self._account, self._first.name, self._name)
            self._exchange = ScramExchange(self._first, verifier, b64encode(self._realm.random(18)).decode(), binding)
            return Challenge(self._exchange.server_first)
        signature = self._exchange.finish(data)
        if signature is None or self._account is None:
            raise _wrong()
        return _Proven(_usable(self._realm, self._account), self._first.authzid, signature, self._account)

    def _binding(self, flag: str) -> bytes:
        """
        What the client binds to (RFC 5802 §6).

        :raises SaslError: ``malformed-request`` for another binding than those announced, or none where the mechanism
            is with one; ``mechanism-too-weak`` if somebody has hidden from the client that there are any.
        """
        if self._plus:
            data = self._tls.bindings.get(flag.removeprefix("p=")) if flag.startswith("p=") else None
            if data is None:
                raise SaslError("malformed-request", f"Bind to one of: {', '.join(self._tls.bindings)}.")
            return data
        if flag.startswith("p="):
            raise SaslError("malformed-request", "Channel binding goes with the mechanism whose name ends with -PLUS.")
        if flag == "y" and binds(self._realm, self._name, self._tls):
            raise SaslError("mechanism-too-weak", "Channel binding is offered here, and somebody hid that from you.")
        return b""


class _Plain:
    def __init__(self, terms: _Terms) -> None:
        self._realm, self._gate = terms.realm, terms.gate

    async def step(self, data: bytes | None) -> "Challenge | _Proven":
        if data is None:
            return Challenge(b"")
        try:
            parts = data.decode().split("\0")
        except UnicodeDecodeError as error:
            raise SaslError("malformed-request") from error
        if len(parts) != 3 or not parts[1] or not parts[2]:
            raise SaslError("malformed-request")
        authzid, name, password = parts
        account = await _find(self._realm, self._gate, name)
        mechanism = account.verifiers[0].mechanism if account and account.verifiers else "SCRAM-SHA-256"
        verifier = _verifier(self._realm, account, name, mechanism)
        fits = await self._realm.verify_password(password, verifier)
        if not fits or account is None:
            raise _wrong()
        return _Proven(_usable(self._realm, account), authzid, None, account)


class _Bearer:
    def __init__(self, terms: _Terms) -> None:
        self._realm, self._gate, self._host = terms.realm, terms.gate, terms.host
        self._failed = False

    async def step(self, data: bytes | None) -> "Challenge | _Proven":
        if self._failed:
            raise _wrong()
        if data is None:
            return Challenge(b"")
        try:
            header, *pairs = data.decode().split("\x01")
        except UnicodeDecodeError as error:
            raise SaslError("malformed-request") from error
        flag, _, authzid = header.partition(",")
        authzid = authzid.removesuffix(",")
        if flag not in ("n", "y") or not header.endswith(",") or pairs[-2:] != ["", ""]:
            raise SaslError("malformed-request")
        if authzid and not authzid.startswith("a="):
            raise SaslError("malformed-request")
        fields = dict(pair.partition("=")[::2] for pair in pairs[:-2])
        await self._gate.claim("")
        scheme, _, token = fields.get("auth", "").partition(" ")
        bearer = await self._realm.tokens.admit(token.strip()) if scheme.lower() == "bearer" else None
        account = await self._realm.accounts.get(bearer.jid) if bearer else None
        if bearer is None or account is None or address.domain(account.jid) != self._host:
            self._failed = True  # RFC 7628 §3.2.3: the client answers this, then comes the failure
            return Challenge(json.dumps({"status": "invalid_token"}).encode())
        name = authzid[2:].replace("=2C", ",").replace("=3D", "=")
        return _Proven(_usable(self._realm, account), name, None, account, bearer.scope)


class _Anonymous:
    def __init__(self, terms: _Terms) -> None:
        self._jid = f"{terms.realm.random(12).hex()}@{terms.host}"

    async def step(self, data: bytes | None) -> "Challenge | _Proven":  # noqa: ARG002 - a trace, of no use
        return _Proven(self._jid, "")


class _External:
    """By the certificate that TLS has verified (XEP-0178 §2, steps 10 and 11)."""

    def __init__(self, terms: _Terms) -> None:
        self._realm, self._gate, self._host, self._tls = terms.realm, terms.gate, terms.host, terms.tls

    async def step(self, data: bytes | None) -> "Challenge | _Proven":
        if data is None:
            return Challenge(b"")
        try:
            authzid = data.decode()
        except UnicodeDecodeError as error:
            raise SaslError("malformed-request") from error
        await self._gate.claim("")
        accounts = await self._accounts()
        if not accounts:
            raise SaslError("not-authorized", "Your certificate is for nobody who has an account here.")
        if not authzid and len(accounts) > 1:
            raise SaslError("invalid-authzid", f"Say as whom of these: {', '.join(accounts)}.")
        try:
            wanted = address.prepare(authzid) if authzid else next(iter(accounts))
        except StanzaError as error:
            raise SaslError("invalid-authzid", "That is not a valid address.") from error
        account = accounts.get(wanted)
        if account is None:
            raise SaslError("invalid-authzid", "Your certificate is not for that address.")
        return _Proven(_usable(self._realm, account), "", None, account)

    async def _accounts(self) -> dict[str, Account]:
        """Those that the certificate is for: by chat address, else by validated mail address if that is allowed."""
        own = [jid for jid in self._tls.addresses if address.domain(jid) == self._host]
        found = [await self._realm.accounts.get(jid) for jid in own]
        if not own and self._realm.sasl.certificate_mails:
            found = [await self._realm.accounts.find(mail) for mail in self._tls.mails]
            mails = {mail.casefold() for mail in self._tls.mails}
            found = [each for each in found if each is not None and (each.email or "").casefold() in mails]
        return {each.jid: each for each in found if each is not None and address.domain(each.jid) == self._host}


_Mechanism = type[_Scram] | type[_Plain] | type[_Bearer] | type[_Anonymous] | type[_External]
MECHANISMS: dict[str, _Mechanism] = {
    "SCRAM-SHA-256": _Scram,
    "SCRAM-SHA-1": _Scram,
    "PLAIN": _Plain,
    "OAUTHBEARER": _Bearer,
    "ANONYMOUS": _Anonymous,
    "EXTERNAL": _External,
}


def decode(text: str) -> bytes | None:
    """
    What stands in an ``<auth/>`` or ``<response/>``: ``None`` for nothing, ``b""`` for ``=`` (RFC 6120 §6.4.2).

    :raises SaslError: ``incorrect-encoding``.
    """
    if not text:
        return None
    if text == "=":
        return b""
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError) as error:
        raise SaslError("incorrect-encoding") from error


def encode(data: bytes) -> bytes:
    """The opposite of :func:`decode`, for what the server sends."""
    return b64encode(data) if data else b"="


async def _find(realm: Realm, gate: _Gate, name: str) -> Account | None:
    account = None
    if name and len(name) <= 1024 and name.isprintable():
        account = await realm.accounts.find(name if "@" in name else f"{name}@{realm.host}") or await realm.waiting(
            name
        )
        if account is not None and realm.of(address.domain(account.jid)) is not realm:
            account = None  # of another domain of this server
    await gate.claim(account.jid if account is not None else name.casefold()[:1024])
    return account


def _verifier(realm: Realm, account: Account | None, name: str, mechanism: str) -> Verifier:
    for verifier in account.verifiers if account is not None else ():
        if verifier.mechanism == mechanism:
            return verifier
    return made_up(mechanism, name.casefold(), realm.secret, realm.sasl.iterations)


def _usable(realm: Realm, account: Account) -> str:
    if not account.enabled and not realm.accounts.exists(account.jid):
        raise SaslError("account-disabled", "Confirm your mail address first: open the link in the mail that you got.")
    if not account.enabled:
        raise SaslError("account-disabled", "This account is switched off. Ask the operator.")
    return account.jid


def _wrong() -> SaslError:
    return SaslError(
        "not-authorized",
        "Name and password do not fit together. If you have just registered, open the link in the mail first.",
    )
