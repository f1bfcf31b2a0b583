"""A published document, replayed: the same bytes as in the live room."""

import dataclasses
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ccm.cli.replay import republished, run
from ccm.reporter import render_json
from ccm.reporter.discussion import new_state, published, record_on, request_publish, step
from ccm.reporter.document import Document, Meta, build
from ccm.reporter.effects import Publish, Say
from ccm.reporter.interview import grace_over
from ccm.reporter.transcript import Message
from tests.reporter.strangers import load_all

BEGAN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TALK = (
    ("ann", "This is a project."),
    ("ben", "Let's call it Green Corner."),
    ("ann", "In a nutshell, it is a garden that the classes look after themselves."),
    ("ben", "The goal is that every child has grown something edible."),
    ("ann", "So far we have the permit."),
)


class Room:
    """A live room: the reporter's words stand in its archive as everybody's do."""

    def __init__(self, context, **roles):
        self.context = dataclasses.replace(context, roles=roles)
        self.state = new_state()
        self.log: list[Message] = []
        self.documents: list[Document] = []

    def say(self, nick, text, **kind):
        message = self._kept(nick, text, **kind)
        self.follow(step(self.state, message, self.context))
        return message.id

    def ask_outside(self, by, *, at_once=False):
        now = self.log[-1].time
        self.follow(request_publish(self.state, by, None, "iq1", now, self.context, at_once=at_once))

    def follow(self, turn):
        self.state, effects = turn
        for effect in effects:
            if isinstance(effect, Say):
                self._kept("Reporter", effect.text, from_reporter=True)
            elif isinstance(effect, Publish):
                meta = Meta("Plot", "", "t1", version=effect.version, published=self.log[-1].time)
                meta = msgspec.structs.replace(meta, approved_by=self.state.approved_by)
                self.documents.append(build(self.state, tuple(self.log), meta, self.context))
                self.follow(published(self.state, "https://example.org/t1", self.context))

    def _kept(self, nick, text, **kind):
        number = len(self.log) + 1
        message = Message(f"a{number}", nick, text, None, BEGAN + timedelta(seconds=30 * number), **kind)
        self.log.append(message)
        return message


def same(room, context):
    """Each document, written and read, comes to the same bytes again."""
    assert room.documents
    for document in room.documents:
        kept = render_json.dumps(document)
        assert render_json.dumps(republished(render_json.loads(kept), context)) == kept


@pytest.fixture
def room(context):
    room = Room(context, ann="owner", ben="participant")
    for nick, text in TALK:
        room.say(nick, text)
    return room


def test_an_interview_replays_to_the_same_bytes(room, context):
    room.say("ann", "publish this, reporter")
    room.say("ben", "haha good question")
    room.say("ben", "The pupils of years three to six.")
    same(room, context)
    assert room.documents[0].sections[3].quotes[0].text == "The pupils of years three to six."


def test_a_request_outside_the_room_replays_to_the_same_bytes(room, context):
    room.ask_outside("ann")
    room.say("ben", "Families.")
    same(room, context)


def test_a_request_outside_the_room_without_questions_replays_to_the_same_bytes(room, context):
    room.ask_outside("ann", at_once=True)
    same(room, context)


def test_a_publication_after_its_grace_period_replays_to_the_same_bytes(room, context):
    room.say("ben", "publish now, reporter")
    room.say("ann", "I agree.")
    room.follow(grace_over(room.state, room.context))
    assert room.documents[0].status == "unopposed"
    same(room, context)


def test_a_room_that_came_back_on_the_record_by_a_button_replays_to_the_same_bytes(room, context):
    room.say("ben", "#off")
    room.say("ben", "secret")
    room._kept("Reporter", "Ben puts us on the record.", from_reporter=True, pressed=Message("", "", "#on"))
    room.follow(record_on(room.state, True))
    for nick, text in TALK:
        room.say(nick, text)
    room.ask_outside("ann", at_once=True)
    assert room.documents[0].off_record == 1
    same(room, context)


def test_words_off_the_record_replay_to_the_same_bytes(room, context):
    room.say("ben", "#off")
    room.say("ben", "The audience is my boss.", on_record=False)
    room._kept("Reporter", "Ben puts us on the record.", from_reporter=True, pressed=Message("", "", "#on"))
    room.follow(record_on(room.state, True))
    room.say("ann", "[off] the audience is secret")
    room.say("ann", "publish now, reporter")
    same(room, context)
    assert room.documents[0].off_record == 2


def test_a_corrected_line_replays_to_the_same_bytes(room, context):
    wrong = room.say("ben", "It's for the pupils of year tree.")
    room.say("ben", "It's for the pupils of year three.", replaces=wrong)
    room.say("ann", "publish this, reporter")
    same(room, context)


def test_a_withdrawn_line_replays_to_the_same_bytes_without_its_words(room, context):
    gone = room.say("ben", "It's for my neighbours at number nine.")
    room.say("ben", "", retracts=gone)
    room.say("ann", "publish this, reporter")
    room.say("ben", "Families.")
    same(room, context)
    assert "number nine" not in render_json.dumps(room.documents[0])


def test_entries_and_a_second_version_replay_to_the_same_bytes(room, context):
    room.say("ann", "#action Kim to call the school by Friday")
    room.say("ann", "#agreed The shed is green.")
    room.say("ann", "publish now, reporter")
    room.say("ben", "It is meant for families.")
    room.say("ann", "#drop A1")
    room.say("ann", "publish this, reporter")
    assert [document.version for document in room.documents] == [1, 2]
    same(room, context)


@pytest.mark.parametrize("strange", load_all(), ids=lambda strange: strange.name)
def test_a_stranger_s_discussion_replays_to_the_same_bytes(context, strange):
    room = Room(context)
    for message in strange.messages:
        room.say(message.nick, message.text)
    if not room.documents:
        room.ask_outside(strange.messages[0].nick, at_once=True)
    same(room, context)


def test_the_command_reads_a_document_as_it_reads_a_log(room, context, tmp_path, capsys):
    room.say("ann", "publish now, reporter")
    file = tmp_path / "doc.json"
    file.write_text(render_json.dumps(room.documents[0]), encoding="utf-8")

    class Arguments:
        log, meeting, trace, format = str(file), None, False, "json"
        zone, templates, stylesheet = "UTC", None, "document.css"

    assert run(Arguments()) == 0
    assert capsys.readouterr().out == file.read_text("utf-8")


def test_a_chair_named_by_an_owner_who_did_not_publish_replays_to_the_same_bytes(context):
    room = Room(context, ann="owner")
    room.say("eve", "#chair eve")
    room.say("ann", "#chair kim")
    room.say("kim", "#agreed We move.")
    room.say("ann", "#chair ben")
    room.say("ben", "publish this, reporter")
    assert room.documents[0].chair == "ben, kim"
    same(room, context)


def test_a_chair_taken_by_nobody_and_no_approval_replays_to_the_same_bytes(context):
    room = Room(context, ann="owner")
    room.say("eve", "#chair eve")
    room.say("eve", "#agreed We move.")
    room.say("eve", "publish this, reporter")
    room.follow(grace_over(room.state, room.context))
    same(room, context)


def test_what_was_answered_by_mail_replays_to_the_same_bytes(room, context):
    room.say("ann", "#action ben to call the school")
    room.say("ann", "publish now, reporter")
    said = room._kept("Reporter", "ben says by mail: #done A1", from_reporter=True)
    meant = dataclasses.replace(said, nick="ben", text="#done A1", from_reporter=False)
    room.follow(step(room.state, meant, room.context))
    room.say("ann", "publish this, reporter")
    assert [document.actions[0].status for document in room.documents] == ["open", "done"]
    same(room, context)


def test_a_vote_ended_by_an_owner_s_button_replays_to_the_same_bytes(context):
    room = Room(context, ann="owner", kim="chair")
    room.say("ben", "#startvote Move? yes, no")
    for nick, words in (("eve", "#vote yes"), ("ann", "#endvote")):
        said = room._kept("Reporter", f"{nick} says: {words}", from_reporter=True)
        meant = dataclasses.replace(said, nick=nick, text=words, from_reporter=False)
        room.follow(step(room.state, meant, room.context))
    room.say("kim", "publish now, reporter")
    assert room.documents[0].decisions[0].votes == {"yes": ("eve",), "no": ()}
    same(room, context)
