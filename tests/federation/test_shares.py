"""Streams to other servers, when all are taken: nobody has them all."""

from dataclasses import dataclass

from ccm.federation.shares import family, gives_way


@dataclass
class Held:
    used: float
    state: str = "up"
    unused: bool = False


def held(*pairs: tuple[str, str], **given: dict[str, str]) -> dict[tuple[str, str], Held]:
    return {pair: Held(number, **given.get(pair[1].partition(".")[0], {})) for number, pair in enumerate(pairs)}


def test_what_nobody_needs_goes_first() -> None:
    links = held(("one.example", "a.test"), ("one.example", "b.test"))
    links["one.example", "b.test"].unused = True
    assert gives_way(links, ("one.example", "c.test")) == ("one.example", "b.test")


def test_a_family_of_domains_gives_way_to_others_even_when_connected() -> None:
    names = [("one.example", f"{number}.evil.test") for number in range(5)]
    links = held(("one.example", "good.example"), *names)
    assert gives_way(links, ("one.example", "new.example")) == ("one.example", "0.evil.test")


def test_a_family_that_has_the_most_takes_from_itself_alone() -> None:
    names = [("one.example", f"{number}.evil.test") for number in range(3)]
    links = held(("one.example", "good.example"), *names)
    assert gives_way(links, ("one.example", "more.evil.test")) is None
    links["one.example", "2.evil.test"].state = links["one.example", "good.example"].state = "connecting"
    assert gives_way(links, ("one.example", "more.evil.test")) == ("one.example", "2.evil.test")


def test_what_never_connects_gives_way_before_what_is_up() -> None:
    links = held(("one.example", "up.test1"), ("one.example", "a.test2"), ("one.example", "b.test3"))
    for name in ("a.test2", "b.test3"):
        links["one.example", name].state = "connecting"
    assert gives_way(links, ("one.example", "new.example")) == ("one.example", "a.test2")


def test_one_of_our_domains_leaves_room_for_the_others() -> None:
    links = held(*(("one.example", f"a.test{number}") for number in range(4)))
    assert gives_way(links, ("two.example", "b.test")) == ("one.example", "a.test0")
    fair = held(("one.example", "a.test"), ("two.example", "a.test"))
    assert gives_way(fair, ("two.example", "b.test")) is None


def test_a_family_is_what_one_person_may_have_named() -> None:
    assert family("a.b.evil.test") == family("evil.test") == "evil.test"
    assert family("192.0.2.7") == "192.0.2.7"
