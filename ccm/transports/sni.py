"""
The certificate of the domain that a client names in its TLS greeting (SNI, RFC 6066 §3), among those of several.

Who names none, or one that is not here, gets the server's own. Leaves out reading them
(:mod:`ccm.transports.certificates`).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from zope.interface import implementer

from ccm.transports.certificates import Certificates


@implementer(IOpenSSLServerConnectionCreator)
class NamedCertificates:
    """
    The context factory of XMPP listeners, with that of HTTPS, for several domains.

    :param own: of the server's own domain. :param others: of further ones, each also for what is below it.
    :ivar for_http: the context factory of HTTPS.
    """

    def __init__(self, own: Certificates, others: Mapping[str, Certificates]) -> None:
        self._own = own
        self._others = dict(others)
        self.for_http = own.for_http
        self._listen()

    def reload(self) -> None:
        """Read all files anew. :raises ConfigError: naming the file; what it is of stays in use."""
        for each in (self._own, *self._others.values()):
            each.reload()
        self._listen()

    def credentials(self, domain: str) -> tuple[list[crypto.X509], crypto.PKey]:
        """The present certificate with its chain, and its key, for a domain of ours."""
        return self.of(domain).credentials(domain)

    def of(self, domain: str) -> Certificates:
        """Those for a domain, or for the one that it is below."""
        name = domain.casefold()
        while name:
            if name in self._others:
                return self._others[name]
            name = name.partition(".")[2]
        return self._own

    def serverConnectionForTLS(self, protocol: Any) -> Any:
        """A TLS connection that takes the certificate of whom the client names."""
        return self._own.serverConnectionForTLS(protocol)

    def _listen(self) -> None:
        if not self._others:
            return
        _on_name(self._own.options.getContext(), partial(self._named, lambda found: found.options.getContext()))
        _on_name(self._own.http_options.getContext(), partial(self._named, lambda f: f.http_options.getContext()))

    def _named(self, context_of: Callable[[Certificates], SSL.Context], connection: Any) -> None:
        name = connection.get_servername()
        found = self.of(name.decode("ascii", "replace")) if name else self._own
        if found is not self._own:
            connection.set_context(context_of(found))
            if hasattr(connection, "end_point"):
                connection.end_point = found.end_point


def _on_name(context: SSL.Context, named: Callable[[Any], None]) -> None:
    context.set_tlsext_servername_callback(named)
