"""Where a topic's document goes besides the archive: read as people type it, changed and taken back by request."""

from dataclasses import replace
from typing import Any

import pytest
import pytest_twisted

from ccm import namespaces as ns
from ccm.components.destinations import destinations, goes_to, spelled, written
from ccm.components.topics import plugin
from tests.components.test_topics import TOPICS, corrections, request, topic_of

CONFIGURED = ("archive", "jcr", "wordpress", "git")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("wordpress", ("wordpress",)),
        ("WordPress and Git", ("wordpress", "git")),
        ("git, jcr; git", ("git", "jcr")),
        ("jcr\nwordpress", ("jcr", "wordpress")),
        ("only to the archive", ()),
        ("archive", ()),
        ("", ()),
        ("all", None),
        ("everywhere", None),
    ],
)
def test_targets_are_read_as_people_type_them(text: str, meant: Any) -> None:
    assert destinations(text, CONFIGURED, "Budget") == (meant, ())
    assert destinations(written(meant), CONFIGURED, "Budget") == (meant, ())


def test_a_word_that_is_no_target_is_told_and_sends_nothing_there() -> None:
    chosen, (told,) = destinations("git and the moon", CONFIGURED, "Budget")
    assert chosen == ("git",)
    assert told.text == (
        "What Budget comes to goes to the archive and git. “moon” is no target of this server; "
        "there are jcr, wordpress, git."
    )
    assert [each.values for each in told.alternatives] == [{"targets": "all"}]
    _, (nothing,) = destinations("git", ("archive",), "Budget")
    assert nothing.text.endswith("“git” is no target of this server, which has none but the archive.")
    assert spelled(("jcr", "git")) == "the archive, jcr and git"


@pytest_twisted.ensureDeferred
async def test_the_owner_chooses_and_takes_it_back(stage: Any, rooms: Any) -> None:
    stage.host(plugin, publishers=CONFIGURED)
    ann = await stage.person("ann", "Ann")

    async def ask(what: str, /, **values: str) -> Any:
        return await ann.ask(TOPICS, "set", request(what, **values))

    def shown(answer: Any) -> dict[str, str]:
        return {one["name"]: one["chosen"] for one in topic_of(answer).elements() if one.name == "target"}

    made = await ask("create", name="Budget")
    id_ = topic_of(made)["id"]
    assert shown(made) == {"jcr": "true", "wordpress": "true", "git": "true"}
    changed = await ask("targets", id=id_, targets="wordpress")
    assert shown(changed) == {"jcr": "false", "wordpress": "true", "git": "false"}
    kept = await stage.stores.topics.get(id_)
    assert kept.targets == ("wordpress",)
    assert goes_to(kept, CONFIGURED) == ("wordpress",)
    assert goes_to(replace(kept, targets=None), ("archive", "later")) == ("later",)
    narrowed = await ask("targets", id=id_, targets="moon")
    assert corrections(narrowed).keys() == {"targets-guessed"}
    assert (await stage.stores.topics.get(id_)).targets == ()
    told = next(narrowed.firstChildElement().elements(ns.TOPICS, "correction"))
    chosen = await ask("choose", id=told["undo"], alternative="a1")
    assert set(shown(chosen).values()) == {"true"}
    again = await ask("targets", id=id_, targets="git, moon")
    await ask("undo", id=next(again.firstChildElement().elements(ns.TOPICS, "correction"))["undo"])
    assert (await stage.stores.topics.get(id_)).targets is None


@pytest_twisted.ensureDeferred
async def test_a_topic_can_begin_with_its_targets(stage: Any, rooms: Any) -> None:
    stage.host(plugin, publishers=CONFIGURED)
    ann = await stage.person("ann", "Ann")
    made = topic_of(await ann.ask(TOPICS, "set", "<create xmlns='urn:ccm:topics:0' name='Tea' targets='git'/>"))
    assert (await stage.stores.topics.get(made["id"])).targets == ("git",)
