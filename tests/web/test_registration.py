"""Registration and validation: one neutral answer, links that a GET does not use up, forms that keep what was typed."""

import hashlib

import pytest
import pytest_twisted
from web_site import GOOD, HOST

from ccm.testing.contracts import together

TYPED = {"address": "zoe@mail.example", "name": "Zoe", "local": "zoe", "password": GOOD}


def hash_of(path):
    return hashlib.sha256(path.rpartition("/")[2].encode()).digest()


@pytest_twisted.ensureDeferred
async def test_who_registers_and_confirms_has_an_account(site):
    browser = site.browser()
    sent = await browser.fill("/register", TYPED)
    assert sent.status == 200
    assert "zoe@mail.example" in sent.text
    assert not site.stores.accounts.exists(f"zoe@{HOST}")
    link = await site.link()
    page = await browser.get(link)
    assert f"zoe@{HOST}" in page.text
    done = await browser.fill(link, {})
    assert done.status == 200
    account = await site.stores.accounts.get(f"zoe@{HOST}")
    assert (account.name, account.email) == ("Zoe", "zoe@mail.example")
    assert account.verifiers[0].stored_key == GOOD.encode()


@pytest_twisted.ensureDeferred
async def test_a_developers_server_says_where_the_mail_is_and_others_do_not(site, open_site):
    assert "/dev/mail" not in (await site.browser().fill("/register", TYPED)).text
    local = await open_site(dev_mail=True, registrations_per_hour=0)
    assert "/dev/mail" in (await local.browser().fill("/register", TYPED)).text


@pytest_twisted.ensureDeferred
async def test_only_address_and_password_are_needed(site):
    await site.browser().fill("/register", {"address": "Tom.Adler@Mail.Example", "password": GOOD})
    link = await site.link()
    await site.browser().fill(link, {})
    account = await site.stores.accounts.find("tom.adler@mail.example")
    assert (account.jid, account.name) == (f"tom.adler@{HOST}", "Tom Adler")


@pytest_twisted.ensureDeferred
async def test_a_known_address_gets_the_same_answer_and_the_same_work(site):
    await site.stores.accounts.create(f"kim@{HOST}", "Kim", "kim@mail.example", ())
    unknown = await site.browser().fill("/register", {"address": "new@mail.example", "password": GOOD})
    known = await site.browser().fill("/register", {"address": "kim@mail.example", "password": GOOD})
    assert known.status == unknown.status == 200
    there = unknown.text.replace("new@mail.example", "kim@mail.example").replace(unknown.token, known.token)
    assert known.text == there
    assert site.pauses == [pytest.approx(0.6)] * 2
    for local in ("new", "kim2"):  # signing in tells no more than the page
        assert await site.stores.pending.as_account(local, HOST) is not None
    assert known.header("Set-Cookie").replace(known.token, unknown.token) == unknown.header("Set-Cookie")
    assert len(site.hashed) == 2
    first, second = await site.mails()
    assert "Confirm your mail address" in first["message"]
    assert "You already have an account" in second["message"]
    assert second["recipient"] == "kim@mail.example"
    assert "/validate/" not in second["message"]


@pytest_twisted.ensureDeferred
async def test_a_get_uses_no_link_up_and_a_post_uses_it_once(site):
    await site.browser().fill("/register", TYPED)
    link = await site.link()
    for _ in range(3):
        assert (await site.browser().get(link)).status == 200
        assert (await site.browser().head(link)).status == 200
    assert (await site.browser().fill(link, {})).status == 200
    browser = site.browser()
    assert (await browser.get(link)).status == 404
    await browser.get("/register")
    again = await browser.post(link, {"form": "x"})
    assert again.status == 404
    assert "Nothing was changed" in again.text


@pytest_twisted.ensureDeferred
async def test_two_posts_of_one_link_make_one_account(site):
    await site.browser().fill("/register", TYPED)
    link = await site.link()
    first, second = site.browser(), site.browser()
    tokens = [(await browser.get(link)).token for browser in (first, second)]
    site.clock.advance(5)
    answers = await together(first.post(link, {"form": tokens[0]}), second.post(link, {"form": tokens[1]}))
    assert sorted(answer.status for answer in answers) == [200, 404]
    assert len(await site.stores.accounts.all()) == 1


@pytest_twisted.ensureDeferred
async def test_expired_used_and_unknown_links_are_told_alike(site):
    await site.browser().fill("/register", TYPED)
    expired = await site.link()
    site.clock.advance(25 * 3600)
    await site.browser().fill("/register", {**TYPED, "local": "zoe2"})
    used = await site.link()
    await site.browser().fill(used, {})
    pages = [await site.browser().get(path) for path in (expired, used, "/validate/never-was-one")]
    assert {page.status for page in pages} == {404}
    assert len({page.text for page in pages}) == 1


@pytest_twisted.ensureDeferred
async def test_a_name_taken_meanwhile_is_told_and_nothing_is_made(site):
    await site.browser().fill("/register", TYPED)
    link = await site.link()
    await site.stores.accounts.create(f"zoe@{HOST}", "Another", None, ())
    answer = await site.browser().fill(link, {})
    assert answer.status == 409
    assert "Register again" in answer.text
    assert await site.stores.accounts.find("zoe@mail.example") is None


@pytest_twisted.ensureDeferred
async def test_a_taken_chat_address_is_refused_with_one_that_is_free(site):
    await site.stores.accounts.create(f"zoe@{HOST}", "Zoe", None, ())
    page = await site.browser().fill("/register", TYPED)
    assert page.status == 400
    assert f"zoe2@{HOST} is free" in page.text
    derived = await site.browser().fill("/register", {**TYPED, "local": ""})
    assert derived.status == 200
    await site.browser().fill(await site.link(), {})
    assert site.stores.accounts.exists(f"zoe2@{HOST}")


@pytest_twisted.ensureDeferred
async def test_a_mistake_keeps_what_was_typed_but_never_the_password(site):
    typed = {"address": "no address", "name": "Zoe <b>", "local": "zoe", "password": GOOD}
    page = await site.browser().fill("/register", typed)
    assert page.status == 400
    assert [page.value(name) for name in ("address", "name", "local", "password")] == [
        "no address",
        "Zoe <b>",
        "zoe",
        "",
    ]
    assert GOOD not in page.text
    assert "<b>" not in page.text.partition('id="name"')[2].partition("</div>")[0]
    assert await site.mails() == []
    assert site.hashed == []


@pytest_twisted.ensureDeferred
async def test_the_chat_address_waits_behind_more_until_somebody_wants_one(site):
    def behind_more(page):
        return page.text.partition('<details class="more"')[2].partition("</details>")[0]

    first = behind_more(await site.browser().get("/register"))
    assert 'id="local"' in first
    assert not first.startswith(" open")
    again = behind_more(await site.browser().fill("/register", {**TYPED, "local": "a b"}))
    assert again.startswith(" open")


@pytest_twisted.ensureDeferred
async def test_a_mended_form_is_taken_at_once(site):
    browser = site.browser()
    page = await browser.fill("/register", {**TYPED, "password": "short"})
    assert page.status == 400
    assert (await browser.post("/register", {**TYPED, "form": page.token})).status == 200


@pytest_twisted.ensureDeferred
async def test_weak_passwords_are_refused(site):
    for password in ("short", "password123", "zoe@mail.example", "aaaaaaaaaaaa", "1234567890"):
        page = await site.browser().fill("/register", {**TYPED, "password": password})
        assert page.status == 400, password
        assert 'aria-invalid="true"' in page.text
    assert site.hashed == []


@pytest_twisted.ensureDeferred
async def test_reserved_and_malformed_names_are_refused(site):
    for local in ("admin", "a b", "a@b", "a/b", "x" * 65):
        page = await site.browser().fill("/register", {**TYPED, "local": local})
        assert page.status == 400, local
    page = await site.browser().fill("/register", {**TYPED, "name": "Zoe\u202e"})
    assert page.status == 400
    page = await site.browser().fill("/register", {**TYPED, "name": "x" * 81})
    assert page.status == 400


@pytest_twisted.ensureDeferred
async def test_a_filled_honeypot_is_shown_so_that_a_person_can_empty_it(site):
    browser = site.browser()
    page = await browser.fill("/register", {**TYPED, "remark2": "https://buy.example"})
    assert page.status == 400
    assert "perhaps by a program that fills in forms" in page.text
    assert '<div class="row wrong"><label for="remark2">' in page.text
    assert await site.mails() == []
    assert (await browser.post("/register", {**TYPED, "form": page.token, "remark2": ""})).status == 200


@pytest_twisted.ensureDeferred
async def test_a_program_that_fills_in_passwords_waits_the_rest_of_two_seconds_unseen(site):
    page = await site.browser().fill("/register", TYPED, wait_seconds=0.5)
    assert page.status == 200
    assert site.pauses == [pytest.approx(1.5), pytest.approx(0.6)]
    assert len(await site.mails()) == 1
    await site.browser().fill("/register", {**TYPED, "address": "b@mail.example", "local": "b"}, wait_seconds=2.5)
    assert len(site.pauses) == 3


@pytest_twisted.ensureDeferred
async def test_the_link_is_mailed_again_and_both_work_until_one_is_used(site):
    browser = site.browser()
    sent = await browser.fill("/register", TYPED)
    first = await site.link()
    again = await browser.post("/register/again", {"form": sent.token, "address": "zoe@mail.example"})
    assert again.status == 200
    assert "Look once more" in again.text
    second = await site.link()
    assert first != second
    assert (await site.browser().fill(first, {})).status == 200
    assert site.stores.accounts.exists(f"zoe@{HOST}")
    assert (await site.browser().get(second)).status == 404


@pytest_twisted.ensureDeferred
async def test_sending_again_tells_nobody_who_has_registered(site):
    await site.stores.accounts.create(f"kim@{HOST}", "Kim", "kim@mail.example", ())
    browser = site.browser()
    form = (await browser.get("/register")).token
    answers = {}
    site.clock.advance(3)
    for address in ("kim@mail.example", "nobody@mail.example"):
        page = await browser.post("/register/again", {"form": form, "address": address})
        answers[address] = page.text.replace(address, "").replace(page.token, "")
    assert len(set(answers.values())) == 1
    assert [mail["recipient"] for mail in await site.mails()] == ["kim@mail.example"]


@pytest_twisted.ensureDeferred
async def test_one_address_gets_three_mails_an_hour(site):
    browser = site.browser()
    sent = await browser.fill("/register", TYPED)
    site.clock.advance(3)
    for _ in range(5):
        page = await browser.post("/register/again", {"form": sent.token, "address": "zoe@mail.example"})
        assert page.status == 200
    assert len(await site.mails()) == 3


@pytest_twisted.ensureDeferred
async def test_blanks_at_the_ends_of_a_password_are_part_of_it(site):
    await site.browser().fill("/register", {**TYPED, "password": f" {GOOD} "})
    assert site.hashed == [f" {GOOD} "]


@pytest_twisted.ensureDeferred
async def test_a_form_from_another_site_or_without_its_cookie_is_refused(site):
    browser = site.browser()
    token = (await browser.get("/register")).token
    site.clock.advance(5)
    filled = {**TYPED, "form": token}
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        assert (await browser.post("/register", filled, **headers)).status == 400
    assert (await site.browser().post("/register", filled)).status == 400
    assert (await browser.post("/register", {**TYPED, "form": token + "x"})).status == 400
    assert (await browser.post("/register", TYPED)).status == 400
    assert await site.mails() == []
    assert (await browser.post("/register", filled, Origin="null")).status == 200


@pytest_twisted.ensureDeferred
async def test_a_form_left_open_too_long_is_given_anew(site):
    browser = site.browser()
    page = await browser.fill("/register", TYPED, wait_seconds=5 * 3600)
    assert page.status == 400
    assert page.value("address") == TYPED["address"]
    site.clock.advance(5)
    assert (await browser.post("/register", {**TYPED, "form": page.token})).status == 200


@pytest_twisted.ensureDeferred
async def test_two_pages_open_at_once_do_not_undo_one_another(site):
    browser = site.browser()
    first = (await browser.get("/register")).token
    await browser.get("/register")
    site.clock.advance(5)
    assert (await browser.post("/register", {**TYPED, "form": first})).status == 200


@pytest_twisted.ensureDeferred
async def test_the_form_cookie_goes_nowhere_else(site):
    cookie = (await site.browser().get("/register")).header("Set-Cookie").lower()
    assert "path=/register" in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest_twisted.ensureDeferred
async def test_registrations_from_one_network_are_limited_by_the_hour(open_site):
    site = await open_site(registrations_per_hour=2)
    for n in range(2):
        assert (await site.browser().fill("/register", {**TYPED, "local": f"z{n}"})).status == 200
    page = await site.browser().fill("/register", TYPED)
    assert page.status == 429
    assert page.value("address") == TYPED["address"]
    site.clock.advance(3601)
    assert (await site.browser().fill("/register", TYPED)).status == 200


@pytest_twisted.ensureDeferred
async def test_tries_of_links_are_limited_by_the_minute(open_site):
    site = await open_site(attempts_per_minute=2)
    await site.browser().fill("/register", TYPED)
    link = await site.link()
    for n in range(2):
        await site.browser().get(link)
        await site.browser().get(f"/validate/guess{n}")
    assert (await site.browser().get(link)).status == 429
    site.clock.advance(61)
    assert (await site.browser().get(link)).status == 200


@pytest_twisted.ensureDeferred
async def test_closed_registration_says_so(open_site):
    site = await open_site(registration="closed")
    assert (await site.browser().get("/register")).status == 403
    assert (await site.browser().post("/register", TYPED)).status == 403


@pytest_twisted.ensureDeferred
async def test_the_mail_is_complete_and_safe(site):
    await site.browser().fill("/register", {**TYPED, "name": "Zoe\r\nBcc: all@mail.example"})
    (mail,) = await site.mails()
    head = mail["message"].partition("\r\n\r\n")[0]
    assert "Bcc" not in head
    for name in (
        "From: ",
        "To: zoe@mail.example",
        "Subject: ",
        "Date: ",
        "Message-ID: ",
        "Auto-Submitted: auto-generated",
    ):
        assert name in head
    assert mail["sender"] == f"noreply@{HOST}"
    assert mail["message"].isascii()
