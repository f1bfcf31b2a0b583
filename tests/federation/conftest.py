"""Servers that end with their test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from fixtures.authority import Authority
from places import Made, Place
from twisted.internet.defer import Deferred


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whom every server trusts."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def place(authority: Authority) -> Iterator[Made]:
    """Makes and starts a server: ``await place("one.example", **options)``, which every other one finds."""
    made: list[Place] = []

    async def make(host: str, *, certificate: tuple[Path, Path] | None = None, **options: Any) -> Place:
        ca_file = options.pop("ca_file", authority.file)
        one = Place(host, certificate or authority.certify(host), ca_file, **options)
        await one.start()
        for other in made:
            meet(one, other)
        made.append(one)
        return one

    yield make
    for one in made:
        pytest_twisted.blockon(Deferred.fromCoroutine(one.stop()))


def meet(one: Place, other: Place) -> None:
    """Let two servers find one another."""
    for here, there in ((one, other), (other, one)):
        assert here.federation is not None
        here.federation.locator.add(there.host, f"127.0.0.1:{there.port}")
