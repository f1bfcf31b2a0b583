"""
Session state in Redis (txredisapi), for a restart without loss and for many nodes.

One connection carries commands, so that they keep their order; another listens, and subscribes anew whenever it comes
back. Both reconnect by themselves (``ClientService``), authentication included. While Redis is away commands fail with
``StoreUnavailable``: everything here could be rebuilt. What is published while a listener reconnects is lost to it.
Leaves out Redis Cluster and Sentinel.
"""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from twisted.application.internet import ClientService, backoffPolicy
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint, wrapClientTLS
from twisted.internet.protocol import Factory
from twisted.internet.ssl import optionsForClientTLS
from twisted.logger import Logger
from txredisapi import ConnectionError as RedisConnectionError
from txredisapi import RedisError, RedisProtocol, SubscriberProtocol
from txredisapi import TimeoutError as RedisTimeoutError
from zope.interface import implementer

from ccm.errors import StoreUnavailable
from ccm.interfaces import ISessionState
from ccm.store.options import StateOptions

# One step, so that a field never stays without its key's time to live.
_HASH_SET = "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]); redis.call('PEXPIRE', KEYS[1], ARGV[3])"
_SCAN_COUNT = "1000"
_OPEN_SECONDS = 5.0

log = Logger()


@implementer(ISessionState)
class RedisState:
    """
    :param reactor: to connect, and for time-outs.
    :param options: whose ``url`` names a Redis and has been checked.
    """

    def __init__(self, reactor: Any, options: StateOptions) -> None:
        self._prefix = options.prefix
        timeout = options.command_timeout_seconds

        def listener() -> _Listener:
            made = _Listener(None, replyTimeout=timeout, convertNumbers=False)
            made.heard = self._heard
            return made

        def commands() -> Any:
            return RedisProtocol(None, replyTimeout=timeout, convertNumbers=False)

        self._commands = _Link(reactor, options, commands, "commands")
        self._bus = _Link(reactor, options, listener, "bus", self._resubscribe)
        self._channels: dict[str, list[Callable[[bytes], None]]] = {}

    async def open(self) -> None:
        """:raises StoreUnavailable: if Redis does not answer within a few seconds."""
        await self._commands.open()
        await self._bus.open()

    async def get(self, key: str) -> bytes | None:
        return cast("bytes | None", await self._commands.call("GET", self._prefix + key))

    async def set(self, key: str, value: bytes, ttl_seconds: float | None = None) -> None:
        ttl = () if ttl_seconds is None else ("PX", _milliseconds(ttl_seconds))
        await self._commands.call("SET", self._prefix + key, value, *ttl)

    async def delete(self, *keys: str) -> None:
        if keys:
            await self._commands.call("DEL", *(self._prefix + key for key in keys))

    async def keys(self, prefix: str) -> tuple[str, ...]:
        found: set[bytes] = set()
        pattern = "".join(f"\\{c}" if c in "*?[]\\^" else c for c in self._prefix + prefix) + "*"
        cursor: Any = "0"
        while True:
            cursor, some = await self._commands.call("SCAN", cursor, "MATCH", pattern, "COUNT", _SCAN_COUNT)
            found.update(some)
            if int(cursor) == 0:
                return tuple(key.decode()[len(self._prefix) :] for key in found)

    async def hash_set(self, key: str, field: str, value: bytes, ttl_seconds: float | None = None) -> None:
        key = self._prefix + key
        if ttl_seconds is None:
            await self._commands.call("HSET", key, field, value)
        else:
            await self._commands.call("EVAL", _HASH_SET, "1", key, field, value, _milliseconds(ttl_seconds))

    async def hash_delete(self, key: str, *fields: str) -> None:
        if fields:
            await self._commands.call("HDEL", self._prefix + key, *fields)

    async def hash_all(self, key: str) -> dict[str, bytes]:
        flat = await self._commands.call("HGETALL", self._prefix + key)
        return {field.decode(): value for field, value in zip(flat[::2], flat[1::2], strict=True)}

    async def settle(self) -> None:
        """Nothing to do: whatever was set has been answered, and Redis is another process."""

    async def publish(self, channel: str, message: bytes) -> None:
        await self._commands.call("PUBLISH", self._prefix + channel, message)

    async def subscribe(self, channel: str, callback: Callable[[bytes], None]) -> Callable[[], None]:
        listeners = self._channels.setdefault(channel, [])
        listeners.append(callback)
        if len(listeners) == 1:
            try:
                await self._bus.call("SUBSCRIBE", self._prefix + channel)
            except StoreUnavailable:
                log.info("Will hear {channel} once Redis is back", channel=channel)

        def end() -> None:
            if callback in listeners:
                listeners.remove(callback)
                if not listeners and self._channels.get(channel) is listeners:
                    del self._channels[channel]
                    self._bus.send("UNSUBSCRIBE", self._prefix + channel)

        return end

    async def close(self) -> None:
        await self._bus.close()
        await self._commands.close()

    async def _resubscribe(self, listener: Any) -> None:
        if self._channels:
            names = [self._prefix + channel for channel in self._channels]
            await listener.execute_command("SUBSCRIBE", *names)

    def _heard(self, channel: bytes, message: bytes) -> None:
        name = channel.decode()[len(self._prefix) :]
        for callback in tuple(self._channels.get(name, ())):
            try:
                callback(message)
            except Exception:  # a subscriber's fault is not the bus's
                log.failure("A subscriber of {channel} failed", channel=name)


class _Listener(SubscriberProtocol):  # type: ignore[misc]
    """A subscribed connection; :ivar heard: called with channel and message."""

    heard: Callable[[bytes, bytes], None] = staticmethod(lambda _channel, _message: None)

    def messageReceived(self, _pattern: Any, channel: bytes, message: bytes) -> None:
        self.heard(channel, message)


class _Link:
    """
    One connection to Redis that comes back.

    :param build: makes a protocol.
    :param prepare: more to do on each new connection, once it is authenticated.
    """

    def __init__(
        self,
        reactor: Any,
        options: StateOptions,
        build: Callable[[], Any],
        name: str,
        prepare: Callable[[Any], Any] | None = None,
    ) -> None:
        parts = urlsplit(options.url)
        self._reactor = reactor
        self._timeout = options.command_timeout_seconds
        self._where = parts.hostname or parts.path
        self._name = name
        self._more = prepare
        self._greeting = tuple(_greeting(options))
        self._protocol: Any = None
        self._down_since: float | None = reactor.seconds()
        self._service = ClientService(
            _endpoint(reactor, options.url),
            _Factory(build),
            retryPolicy=backoffPolicy(0.1, 5.0, 1.6),
            clock=reactor,
            prepareConnection=lambda made: Deferred.fromCoroutine(self._prepare(made)),
        )

    async def open(self) -> None:
        self._service.startService()
        try:
            await self._connected(_OPEN_SECONDS)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        self._protocol = None
        if self._service.running:
            stopped = self._service.stopService()
            if stopped is not None:
                await stopped

    async def call(self, *command: Any) -> Any:
        """Send a command. :raises StoreUnavailable: if Redis is away, does not answer in time or refuses."""
        protocol = self._protocol
        if protocol is None:
            if self._down_since is None or self._reactor.seconds() - self._down_since > self._timeout:
                raise self._unavailable("it is away")
            protocol = await self._connected(self._timeout)
        try:
            return await protocol.execute_command(*command)
        except (RedisError, RedisConnectionError, RedisTimeoutError) as error:
            raise self._unavailable(str(error)) from error

    def send(self, *command: Any) -> None:
        """Send a command whose answer nobody awaits; nothing while Redis is away."""
        if self._protocol is not None:
            self._protocol.execute_command(*command).addErrback(self._unanswered)

    async def _connected(self, seconds: float) -> Any:
        try:
            return await self._service.whenConnected().addTimeout(seconds, self._reactor)
        except Exception as error:  # time-out, cancellation by stopService, refused connection
            raise self._unavailable(str(error) or "no connection") from error

    async def _prepare(self, protocol: Any) -> None:
        try:
            for command in self._greeting:
                await protocol.execute_command(*command)
            if self._more is not None:
                await self._more(protocol)
        except Exception as error:
            log.warn("Redis at {where} refused a connection: {error}", where=self._where, error=str(error))
            protocol.transport.abortConnection()
            raise
        self._protocol, self._down_since = protocol, None
        # The service hands out a proxy, so the protocol that tells of its end is not this one.
        protocol.whenDisconnected().addCallback(lambda _: self._lost(protocol))

    def _lost(self, protocol: Any) -> None:
        if self._protocol is protocol:
            self._protocol, self._down_since = None, self._reactor.seconds()
            log.warn("Lost the {name} connection to Redis at {where}", name=self._name, where=self._where)

    def _unanswered(self, failure: Any) -> None:
        failure.trap(RedisError, RedisConnectionError, RedisTimeoutError)

    def _unavailable(self, why: str) -> StoreUnavailable:
        return StoreUnavailable(f"Redis at {self._where} cannot be used: {why}. Check state.url and that it runs.")


class _Factory(Factory):
    noisy = False

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build

    def buildProtocol(self, _address: Any) -> Any:
        protocol = self._build()
        protocol.factory = self
        return protocol


def _greeting(options: StateOptions) -> list[tuple[str, ...]]:
    parts = urlsplit(options.url)
    password = unquote(parts.password) if parts.password else options.password
    commands: list[tuple[str, ...]] = []
    if password:
        user = (unquote(parts.username),) if parts.username else ()
        commands.append(("AUTH", *user, password))
    number = parse_qs(parts.query).get("db", ["0"])[0] if parts.scheme == "unix" else parts.path.strip("/")
    if number and number != "0":
        commands.append(("SELECT", number))
    return commands


def _endpoint(reactor: Any, url: str) -> Any:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return UNIXClientEndpoint(reactor, parts.path)
    host = parts.hostname or "127.0.0.1"
    endpoint = HostnameEndpoint(reactor, host, parts.port or 6379)
    return wrapClientTLS(optionsForClientTLS(host), endpoint) if parts.scheme == "rediss" else endpoint


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))
