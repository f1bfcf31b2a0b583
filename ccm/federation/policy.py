"""Which domains are ours, and whom else we talk to."""

from collections.abc import Collection

from ccm.config import nearest
from ccm.errors import ConfigError
from ccm.federation.options import FederationOptions
from ccm.router.neighbours import Neighbours
from ccm.router.router import Router


class Policy:
    """
    :param own: domains that are served here even while nobody answers for them, such as those of components elsewhere.
    :param guests: domains whose people have no account and stay inside.
    """

    def __init__(
        self,
        router: Router | Neighbours,
        options: FederationOptions,
        own: Collection[str] = (),
        guests: Collection[str] = (),
    ) -> None:
        self._router = router
        self._own = frozenset(own)
        self._guests = frozenset(guests)
        self._allow = tuple(options.allow)
        self._deny = tuple(options.deny)
        self._closed = frozenset(options.closed)

    def check(self) -> None:
        """:raises ConfigError: if ``federation.closed`` names what is none of ours: a typing error would open it."""
        known = {*self._own, *self._router.domains()}
        names = {domain.partition(".")[0] for domain in known if domain.partition(".")[2] in self._router.hosts}
        for name in self._closed:
            if name not in names and not self.is_own(name):
                raise ConfigError(f"federation.closed: {name} is nothing that is served here{nearest(name, names)}")

    def is_own(self, domain: str) -> bool:
        """Whether no other server can speak for it."""
        router = self._router
        return domain in router.hosts or domain in self._own or domain in self._guests or router.serves(domain)

    def is_open(self, domain: str) -> bool:
        """Whether other servers may write to that domain of ours."""
        if domain in self._guests or domain in self._closed:
            return False
        name, _, host = domain.partition(".")
        if name in self._closed and host in self._router.hosts:
            return False
        return domain in self._router.hosts or self._router.serves(domain)

    def may_leave(self, domain: str) -> bool:
        """Whether those of that domain of ours may write to other servers."""
        return self.is_own(domain) and domain not in self._guests

    def admits(self, domain: str) -> bool:
        """Whether we talk to that domain of somebody else's."""
        if not domain or "@" in domain or "/" in domain or self.is_own(domain):
            return False
        if any(_is(domain, entry) for entry in self._deny):
            return False
        return not self._allow or any(_is(domain, entry) for entry in self._allow)


def _is(domain: str, entry: str) -> bool:
    return domain.endswith(entry[1:]) if entry.startswith("*.") else domain == entry
