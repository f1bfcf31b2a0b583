"""The pages by which an invitee answers or asks for no more mail: a GET uses nothing up, a POST acts."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_twisted
from icalendar import Calendar
from web_site import HOST

from ccm import records as r

TOKEN = "fedcba9876543210" * 2
ANSWER, END = f"/rsvp/{TOKEN}", f"/unsubscribe/{TOKEN}"


@pytest.fixture
def invite(site: Any) -> Any:
    """Has Ann invite Kim."""

    async def make(state: str = "offered", topic_state: Any = "planned") -> None:
        now, stores = site.clock.moment(), site.stores
        if not stores.accounts.exists(f"ann@{HOST}"):
            await stores.accounts.create(f"ann@{HOST}", "Ann Visser", "ann@mail.example", ())
        start = now + timedelta(days=2)
        room, owner = f"t1@conference.{HOST}", f"ann@{HOST}"
        topic = r.Topic("t1", "Data <portal>", room, owner, "planned", start, 60, "UTC", "en", now, (owner,))
        topic = await stores.topics.get("t1") or topic
        await stores.topics.save(replace(topic, state=topic_state))
        guest = r.Invitee("i1", "t1", "kim@mail.example", "Kim", owner, "offered", mail_token=TOKEN)
        await stores.topics.save_invitee(replace(guest, state=state))

    return make


async def arrived(site: Any) -> list[dict[str, str]]:
    return [json.loads(job.payload) for job in await site.stores.outbox.claim("arrived", 10, 60)]


@pytest_twisted.ensureDeferred
async def test_looking_answers_nothing(site: Any, invite: Any) -> None:
    await invite()
    for path in (ANSWER, END):
        for _ in range(3):
            assert (await site.browser().get(path)).status == 200
        assert (await site.browser().head(path)).status == 200
    page = await site.browser().get(ANSWER)
    assert "Are you coming to Data &lt;portal&gt;?" in page.text
    assert "Ann Visser asked Kim, kim@mail.example" in page.text
    assert "in 2 days" in page.text
    assert await arrived(site) == []
    assert not await site.stores.suppression.has("kim@mail.example")


@pytest.mark.parametrize(
    ("answer", "said"),
    [("accepted", "You are coming"), ("tentative", "You may come"), ("declined", "You are not coming")],
)
@pytest_twisted.ensureDeferred
async def test_a_button_is_an_answer_and_may_be_pressed_again(site: Any, invite: Any, answer: str, said: str) -> None:
    await invite()
    for _ in range(2):
        page = await site.browser().post(ANSWER, {"answer": answer, "comment": "Bye" * 200})
        assert page.status == 200
        assert said in page.text
        assert "Ann Visser is told." in page.text
        (facts,) = await arrived(site)
        assert facts == {"kind": "rsvp", "token": TOKEN, "answer": answer, "comment": ("Bye" * 200)[:300]}


@pytest_twisted.ensureDeferred
async def test_who_comes_is_told_again_when_and_how_and_gets_the_calendar_file(site: Any, invite: Any) -> None:
    await invite()
    page = await site.browser().get(ANSWER)
    assert page.text.index("A word to Ann Visser") < page.text.index('value="accepted"')
    yes = (await site.browser().post(ANSWER, {"answer": "accepted"})).text
    assert "Sat 3 Jan, 00:00 UTC, in 2 days" in yes
    assert "by the link in the invitation's mail" in yes
    assert f'href="{ANSWER}/meeting.ics"' in yes
    assert 'href="/#/t/t1"' in yes
    file = await site.browser().get(f"{ANSWER}/meeting.ics")
    assert file.header("Content-Type").startswith("text/calendar")
    (event,) = Calendar.from_ical(file.text).walk("VEVENT")
    topic = await site.stores.topics.get("t1")
    assert (str(event["uid"]), str(event["summary"])) == (topic.uid, "Data <portal>")
    assert event.decoded("dtstart") == topic.start
    assert "meeting.ics" not in (await site.browser().post(ANSWER, {"answer": "declined"})).text
    await invite("revoked")
    assert "took this invitation back" in (await site.browser().get(f"{ANSWER}/meeting.ics")).text


@pytest_twisted.ensureDeferred
async def test_no_button_is_no_answer(site: Any, invite: Any) -> None:
    await invite()
    for fields in ({}, {"answer": "perhaps"}):
        page = await site.browser().post(ANSWER, fields)
        assert page.status == 400
        assert "Choose one of the three buttons." in page.text
    assert await arrived(site) == []


@pytest.mark.parametrize(
    ("state", "topic_state", "words"),
    [("revoked", "planned", "took this invitation back"), ("offered", "ended", "It has ended")],
)
@pytest_twisted.ensureDeferred
async def test_what_is_over_takes_no_answer(site: Any, invite: Any, state: str, topic_state: str, words: str) -> None:
    await invite(state, topic_state)
    page = await site.browser().post(ANSWER, {"answer": "accepted"})
    assert words in page.text
    assert 'name="answer"' not in page.text
    assert await arrived(site) == []


@pytest_twisted.ensureDeferred
async def test_what_was_published_before_its_time_still_takes_answers(site: Any, invite: Any) -> None:
    await invite("offered", "published")
    page = await site.browser().post(ANSWER, {"answer": "accepted"})
    assert "Ann Visser is told." in page.text
    (facts,) = await arrived(site)
    assert facts["answer"] == "accepted"


@pytest_twisted.ensureDeferred
async def test_the_answer_given_is_marked(site: Any, invite: Any) -> None:
    await invite("tentative")
    page = await site.browser().get(ANSWER)
    assert 'value="tentative" aria-pressed="true"' in page.text
    assert page.text.count("aria-pressed") == 1


@pytest_twisted.ensureDeferred
async def test_a_mail_program_ends_the_mails_by_itself(site: Any, invite: Any) -> None:
    await invite()
    # RFC 8058 §3.2: no cookie, no Origin, nothing read before.
    page = await site.browser().post(END, {"List-Unsubscribe": "One-Click"}, Origin="")
    assert page.status == 200
    assert "gets no more invitations from here" in page.text
    assert await site.stores.suppression.has("kim@mail.example")
    assert await arrived(site) == [{"kind": "unsubscribed", "token": TOKEN}]
    await site.browser().post(END, {"List-Unsubscribe": "One-Click"})
    assert await arrived(site) == []


@pytest_twisted.ensureDeferred
async def test_it_can_be_taken_back(site: Any, invite: Any) -> None:
    await invite()
    await site.browser().post(END, {"List-Unsubscribe": "One-Click"})
    page = await site.browser().post(END, {"again": "1"})
    assert "gets invitations from people here" in page.text
    assert not await site.stores.suppression.has("kim@mail.example")


@pytest_twisted.ensureDeferred
async def test_unknown_tokens_tell_nothing_and_are_limited(open_site: Any, site: Any, invite: Any) -> None:
    strict = await open_site(attempts_per_minute=2)
    await invite()
    for path in ("/rsvp/", "/unsubscribe/"):
        for _ in range(2):
            page = await strict.browser().get(f"{path}{'0' * 32}")
            assert page.status == 404
            assert "kim" not in page.text
        assert (await strict.browser().get(f"{path}{TOKEN}")).status == 429
