"""Contract suite of :class:`ccm.interfaces.ISessionState`; fixtures ``state`` and ``passes``."""

from typing import Any

import pytest_twisted
from twisted.internet.defer import Deferred


class SessionStateContract:
    """Values, hashes, expiry and the bus. ``passes(seconds)`` is awaited and lets the provider's time pass."""

    @pytest_twisted.ensureDeferred
    async def test_a_value_comes_back_as_it_was(self, state: Any) -> None:
        for value in (b"", b"plain", b"\x00\xff\r\n$-1\r\n", "ä🙂".encode(), b"12345", b"-1.5", b"x" * 100_000):
            await state.set("key", value)
            assert await state.get("key") == value
        assert await state.get("other") is None

    @pytest_twisted.ensureDeferred
    async def test_a_value_set_for_a_time_goes(self, state: Any, passes: Any) -> None:
        await state.set("short", b"1", 0.2)
        await state.set("long", b"2", 60)
        assert await state.get("short") == b"1"
        await passes(0.3)
        assert await state.get("short") is None
        assert await state.get("long") == b"2"
        assert await state.keys("") == ("long",)

    @pytest_twisted.ensureDeferred
    async def test_setting_for_good_ends_the_time(self, state: Any, passes: Any) -> None:
        await state.set("key", b"1", 0.2)
        await state.set("key", b"2")
        await passes(0.3)
        assert await state.get("key") == b"2"

    @pytest_twisted.ensureDeferred
    async def test_all_that_was_set_settles(self, state: Any) -> None:
        await state.settle()
        await state.set("key", b"1")
        await state.hash_set("hash", "field", b"2")
        await state.settle()
        await state.delete("key")
        await state.settle()
        assert await state.keys("") == ("hash",)

    @pytest_twisted.ensureDeferred
    async def test_keys_of_any_kind_are_deleted(self, state: Any) -> None:
        await state.set("value", b"1")
        await state.hash_set("hash", "field", b"2")
        await state.delete("value", "hash", "unknown")
        await state.delete()
        assert await state.get("value") is None
        assert await state.hash_all("hash") == {}
        assert await state.keys("") == ()

    @pytest_twisted.ensureDeferred
    async def test_keys_are_listed_by_prefix_taken_literally(self, state: Any) -> None:
        for key in ("online:ann@x.example", "online:bob@x.example", "other", "o*", "o[a]", "ö\\?"):
            await state.set(key, b"")
        await state.hash_set("online:hash", "f", b"")
        assert sorted(await state.keys("online:")) == ["online:ann@x.example", "online:bob@x.example", "online:hash"]
        assert await state.keys("o*") == ("o*",)
        assert await state.keys("o[") == ("o[a]",)
        assert await state.keys("ö\\") == ("ö\\?",)

    @pytest_twisted.ensureDeferred
    async def test_many_keys_are_listed_once_each(self, state: Any) -> None:
        names = [f"many:{i}" for i in range(2500)]
        for name in names:
            await state.set(name, b"1")
        assert sorted(await state.keys("many:")) == sorted(names)

    @pytest_twisted.ensureDeferred
    async def test_a_hash_keeps_fields_apart(self, state: Any) -> None:
        await state.hash_set("hash", "one", b"1")
        await state.hash_set("hash", "two", b"\x00\xff")
        await state.hash_set("hash", "", b"empty name")
        await state.hash_set("hash", "one", b"1b")
        assert await state.hash_all("hash") == {"one": b"1b", "two": b"\x00\xff", "": b"empty name"}
        await state.hash_delete("hash", "one", "unknown")
        await state.hash_delete("unknown", "one")
        assert await state.hash_all("hash") == {"two": b"\x00\xff", "": b"empty name"}
        await state.hash_delete("hash", "two", "")
        assert await state.keys("hash") == ()

    @pytest_twisted.ensureDeferred
    async def test_the_time_of_a_hash_is_that_of_the_whole_key(self, state: Any, passes: Any) -> None:
        await state.hash_set("hash", "one", b"1", 60)
        await state.hash_set("hash", "two", b"2", 0.2)
        await passes(0.3)
        assert await state.hash_all("hash") == {}

    @pytest_twisted.ensureDeferred
    async def test_every_subscriber_hears_a_channel_in_order(self, state: Any) -> None:
        heard: list[tuple[str, bytes]] = []
        done: Deferred[None] = Deferred()

        def hear(name: str, message: bytes) -> None:
            heard.append((name, message))
            if message == b"end" and name == "second" and not done.called:
                done.callback(None)

        await state.subscribe("channel", lambda message: hear("first", message))
        await state.subscribe("other", lambda message: hear("other", message))
        await state.subscribe("channel", lambda message: hear("second", message))
        for message in (b"one", b"\x00\xff\r\n", b"end"):
            await state.publish("channel", message)
        await done
        for name in ("first", "second"):
            assert [message for who, message in heard if who == name] == [b"one", b"\x00\xff\r\n", b"end"]
        assert "other" not in {who for who, _ in heard}

    @pytest_twisted.ensureDeferred
    async def test_who_ended_a_subscription_hears_no_more(self, state: Any) -> None:
        ended: list[bytes] = []
        heard: list[bytes] = []
        waiting: list[Deferred[None]] = []

        def hear(message: bytes) -> None:
            heard.append(message)
            waiting.pop().callback(None)

        async def tell(message: bytes) -> None:
            done: Deferred[None] = Deferred()
            waiting.append(done)
            await state.publish("channel", message)
            await done

        end = await state.subscribe("channel", ended.append)
        await state.subscribe("channel", hear)
        await tell(b"one")
        end()
        await tell(b"two")
        assert (ended, heard) == ([b"one"], [b"one", b"two"])
