"""The configuration of the stores: sections ``[store]`` (SQL, what lasts) and ``[state]`` (what could be rebuilt)."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ccm.bounds import Amount, AmountOr0, Count, CountOr0
from ccm.config import Section
from ccm.errors import ConfigError

_LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "::1"})


class StoreOptions(Section):
    """
    The durable store.

    :ivar url: ``""`` is SQLite in the state directory; ``sqlite:///PATH`` another file; ``postgresql://…`` PostgreSQL.
    :ivar durability: ``full`` = acknowledged means on disk; ``relaxed`` = safe against a crash of the process, but a
        power cut may lose the last moments.
    :ivar batch_jobs: how many jobs one group commit takes at most.
    :ivar linger_milliseconds: how long messages between two wait to share a commit, unless an acknowledgement or a
        message of a room waits for one.
    :ivar queue_jobs: how many jobs may wait for the disk before new ones are refused.
    :ivar reader_threads: how many queries run at once.
    :ivar read_queue: how many queries may wait for a thread before new ones are refused.
    :ivar busy_timeout_seconds: how long to wait for another process that holds the database.
    :ivar journal_limit_mib: size to which SQLite's write-ahead log shrinks back.
    :ivar checkpoint_pages: pages (4 KiB) in that log after which they move into the database.
    :ivar index_seconds: how often what was said is made found by its words; 0 leaves it to whoever searches.
    :ivar index_busy_messages_per_second: while more than so many are archived, in rooms and between two, that waits.
    :ivar keep_removed_domains: whether archives of accounts stay when their domain is no longer served here.
    :ivar check_at_start_mib: after an unclean stop, SQLite files up to this size are checked before use.
    """

    url: str = ""
    durability: Literal["full", "relaxed"] = "full"
    batch_jobs: Count = 200
    linger_milliseconds: AmountOr0 = 20.0
    queue_jobs: Count = 50_000
    reader_threads: Count = 4
    read_queue: Count = 10_000
    busy_timeout_seconds: Amount = 5.0
    journal_limit_mib: Count = 64
    checkpoint_pages: Count = 8_000
    index_seconds: AmountOr0 = 5.0
    index_busy_messages_per_second: Count = 50
    check_at_start_mib: CountOr0 = 256
    keep_removed_domains: bool = True

    def check(self) -> None:
        """:raises ConfigError: as :meth:`sqlalchemy_url`."""
        self.sqlalchemy_url(Path())

    def sqlalchemy_url(self, state_dir: Path) -> str:
        """
        The URL with its driver named.

        :raises ConfigError: if it is of another database, or SQLite without a file.
        """
        if not self.url:
            return f"sqlite:///{state_dir / 'ccm.sqlite'}"
        scheme, _, rest = self.url.partition("://")
        if scheme == "sqlite":
            if len(rest) < 2 or ":memory:" in rest:
                raise ConfigError("store.url: SQLite needs a file that lasts; write sqlite:////absolute/path.")
            return self.url
        if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
            return f"postgresql+psycopg://{rest}"
        raise ConfigError(f"store.url: {scheme} is not supported; use sqlite:///PATH or postgresql://HOST/NAME.")


class StateOptions(Section):
    """
    The session state.

    :ivar url: ``""`` keeps it in this process, saved into the SQL store; ``redis://HOST:PORT/DB``, ``rediss://…``
        (TLS) or ``unix:///PATH`` keeps it in Redis.
    :ivar password: for Redis, unless the URL holds one.
    :ivar prefix: before every key and channel in Redis.
    :ivar command_timeout_seconds: a command without an answer fails after this.
    :ivar flush_milliseconds: the embedded state is saved this long after a change.
    :ivar max_keys: how many keys the embedded state holds before it refuses new ones.
    """

    url: str = ""
    password: str = ""
    prefix: str = "ccm:"
    command_timeout_seconds: Amount = 2.0
    flush_milliseconds: Count = 50
    max_keys: Count = 1_000_000

    def check(self) -> None:
        """:raises ConfigError: for an unknown scheme, or a Redis of another host without TLS and a password."""
        if not self.url:
            return
        try:
            parts = urlsplit(self.url)
            host, password = parts.hostname or "", parts.password or self.password
            _ = parts.port
        except ValueError as error:
            raise ConfigError(f"state.url: {error}. Write it as redis://HOST:PORT/DB.") from error
        if parts.scheme not in ("redis", "rediss", "unix"):
            raise ConfigError(f"state.url: {parts.scheme!r} is not supported; use redis://, rediss:// or unix://.")
        if parts.scheme == "unix" or host in _LOOPBACK:
            return
        if parts.scheme != "rediss" or not password:
            raise ConfigError(f"state.url: {host} is another machine: use rediss:// (TLS) and give state.password.")
