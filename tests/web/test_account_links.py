"""A forgotten password and a new mail address: links that were mailed, used once, by a POST."""

import json
from datetime import timedelta

import pytest
import pytest_twisted
from web_site import GOOD, HOST

from ccm import records as r
from ccm.testing.contracts import together
from ccm.web.desk import digest

KIM = f"kim@{HOST}"
NEW = "another meadow in May"


@pytest.fixture
def ended(site):
    """What the bus tells of accounts whose sessions must end."""
    heard = []
    pytest_twisted.blockon(
        pytest_twisted.defer.ensureDeferred(
            site.stores.state.subscribe("account-ended", lambda message: heard.append(json.loads(message)))
        )
    )
    return heard


async def kim(site):
    await site.stores.accounts.create(KIM, "Kim", "kim@mail.example", await site.make(GOOD))


async def asked(site, address="kim@mail.example"):
    return await site.browser().fill("/reset", {"address": address})


@pytest_twisted.ensureDeferred
async def test_the_answer_is_the_same_and_takes_as_long_for_everybody(site):
    await kim(site)
    known, unknown = await asked(site), await asked(site, "nobody@mail.example")
    assert known.status == unknown.status == 200
    assert known.text == unknown.text.replace("nobody@mail.example", "kim@mail.example")
    assert site.pauses == [pytest.approx(0.6)] * 2
    assert [mail["recipient"] for mail in await site.mails()] == ["kim@mail.example"]


@pytest_twisted.ensureDeferred
async def test_a_new_password_is_set_once_and_ends_every_session(site, ended):
    await kim(site)
    await asked(site)
    link = await site.link()
    assert (await site.browser().get(link)).status == 200
    done = await site.browser().fill(link, {"password": NEW})
    assert done.status == 200
    assert "/#/as/kim%40mail.example" in done.text.replace("@", "%40")
    assert (await site.stores.accounts.get(KIM)).verifiers[0].stored_key == NEW.encode()
    assert ended == [{"jid": KIM, "why": "password"}]
    assert (await site.browser().get(link)).status == 404
    assert site.stores.accounts.exists(KIM)


@pytest_twisted.ensureDeferred
async def test_a_used_link_ends_the_other_links_too(site):
    await kim(site)
    await asked(site)
    first = await site.link()
    await asked(site)
    second = await site.link()
    await site.browser().fill(second, {"password": NEW})
    assert (await site.browser().get(first)).status == 404


@pytest_twisted.ensureDeferred
async def test_of_parallel_posts_one_sets_the_password(site, ended):
    await kim(site)
    await asked(site)
    link = await site.link()
    browser = site.browser()
    token = (await browser.get(link)).token
    fields = [{"form": token, "password": f"{NEW} {n}"} for n in range(4)]
    answers = await together(*(browser.post(link, typed) for typed in fields))
    assert sorted(answer.status for answer in answers) == [200, 404, 404, 404]
    assert len(ended) == 1


@pytest_twisted.ensureDeferred
async def test_the_link_ends_after_half_an_hour(site):
    await kim(site)
    await asked(site)
    link = await site.link()
    site.clock.advance(29 * 60)
    assert (await site.browser().get(link)).status == 200
    site.clock.advance(61)
    assert (await site.browser().get(link)).status == 404


@pytest_twisted.ensureDeferred
async def test_a_weak_password_leaves_link_and_account_as_they_were(site, ended):
    await kim(site)
    await asked(site)
    link = await site.link()
    for weak in ("short", "Password1234", "kim@mail.example"):
        page = await site.browser().fill(link, {"password": weak})
        assert page.status == 400, weak
    assert ended == []
    assert (await site.browser().fill(link, {"password": NEW})).status == 200


@pytest_twisted.ensureDeferred
async def test_one_address_gets_three_such_mails_an_hour(site):
    await kim(site)
    for _ in range(5):
        assert (await asked(site)).status == 200
    assert len(await site.mails()) == 3


@pytest_twisted.ensureDeferred
async def test_guests_and_accounts_without_an_address_get_no_mail(site):
    await site.stores.accounts.create(f"g1@guests.{HOST}", "Guest", None, ())
    await site.stores.accounts.create(f"bob@{HOST}", "Bob", None, ())
    for address in (f"g1@guests.{HOST}", f"bob@{HOST}"):
        assert (await asked(site, address)).status in (200, 400)
    assert await site.mails() == []


async def waiting(site, address="new@mail.example", token="t"):
    expires = site.clock.moment() + timedelta(hours=24)
    await site.stores.tokens.issue(r.Token(digest(token), "address", KIM, address, expires))


@pytest_twisted.ensureDeferred
async def test_a_new_mail_address_holds_once_it_is_confirmed(site):
    await kim(site)
    await waiting(site)
    page = await site.browser().get("/address/t")
    assert "new@mail.example" in page.text and "in place of kim@mail.example" in page.text
    assert (await site.stores.accounts.get(KIM)).email == "kim@mail.example"
    assert (await site.browser().fill("/address/t", {})).status == 200
    assert (await site.stores.accounts.find("new@mail.example")).jid == KIM
    assert (await site.browser().get("/address/t")).status == 404


@pytest_twisted.ensureDeferred
async def test_a_new_password_ends_the_link_to_another_address_that_a_thief_asked_for(site):
    await kim(site)
    await waiting(site, "thief@evil.example")
    await asked(site)
    assert (await site.browser().fill(await site.link(), {"password": NEW})).status == 200
    assert (await site.browser().get("/address/t")).status == 404
    assert (await site.stores.accounts.get(KIM)).email == "kim@mail.example"


@pytest_twisted.ensureDeferred
async def test_a_new_address_ends_links_in_mails_to_the_old_one(site):
    await kim(site)
    await asked(site)
    link = await site.link()
    await waiting(site, "other@mail.example", "u")
    await waiting(site)
    assert (await site.browser().fill("/address/t", {})).status == 200
    for old in (link, "/address/u"):
        assert (await site.browser().get(old)).status == 404


@pytest_twisted.ensureDeferred
async def test_an_address_taken_meanwhile_changes_nothing(site):
    await kim(site)
    await waiting(site)
    await site.stores.accounts.create(f"zoe@{HOST}", "Zoe", "new@mail.example", ())
    assert (await site.browser().fill("/address/t", {})).status == 409
    assert (await site.stores.accounts.get(KIM)).email == "kim@mail.example"
