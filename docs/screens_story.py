"""
The story that the screenshots are taken from: four people talk about an open data portal, and publish what came of it.

It is played through the dashboard itself, by everybody in a browser of their own, at a server and in browsers whose
clocks stand at what the story says: Monday 23 November 2026, from 14:00 in Amsterdam.
"""

from typing import Protocol

from browser.dashboard import invite, message, say, wish
from browser.test_busy_component import FLOOD
from playwright.sync_api import Page, expect
from screens_stage import SOON, Stage

PORTAL = "Open data portal"
#: Every screen, in the order of the page that shows them.
SCREENS = {
    "sign-in": "Sign in",
    "empty": "The first sign-in",
    "one-field": "One field for a topic, its people and its time",
    "talk": "The talk, and what is kept of it",
    "topics": "The topics, on a phone a part of their own",
    "outcome": "The outcome, on a phone a part of its own",
    "correction": "What was guessed, with a way back",
    "people": "People: who is here, who comes",
    "planned": "A planned topic: countdown and agenda",
    "waiting": "The waiting room of somebody who is invited",
    "attachments": "Files and pictures",
    "search": "Search",
    "switcher": "The switcher",
    "settings": "Settings",
    "account": "One's own account",
    "keys": "Keys",
    "asking": "The reporter asks for what is missing",
    "publishing": "The draft is complete: approve it, or hold it",
    "draft": "A look at the draft",
    "published": "Published",
    "versions": "Versions and what changed",
    "offline": "Offline",
    "busy": "A component that has too much to do",
    "invitation": "What a guest sees behind the link in the mail",
    "claim": "A guest keeps the place",
    "registration": "Registration",
    "archive": "The archive",
    "document": "A published document",
    "changes": "Two versions of a document, in the archive",
}
CHART = """<svg xmlns="http://www.w3.org/2000/svg" width="480" height="240" font-family="sans-serif" font-size="14">
<rect width="480" height="240" fill="#f7fbf8"/><text x="24" y="34" font-size="17">Downloads by mirror, October</text>
<g fill="#01765c"><rect x="150" y="58" width="290" height="26"/><rect x="150" y="98" width="212" height="26"/>
<rect x="150" y="138" width="118" height="26"/><rect x="150" y="178" width="64" height="26"/></g>
<text x="24" y="76">City hall</text><text x="24" y="116">University</text><text x="24" y="156">Library</text>
<text x="24" y="196">Partners</text></svg>"""
#: Those that stand beside the talk where there is room: shown on a phone alone.
PANES = ("topics", "outcome")


class Take(Protocol):
    """Takes a picture: see ``make_screens.Camera.take``."""

    def __call__(self, page: Page, screen: str, pane: str = "", whole: bool = False) -> None: ...


def play(stage: Stage, take: Take) -> None:
    """The whole story, with a picture of every screen it comes to."""
    stage.open()
    try:
        before(stage, take)
        ann, kim, priya, tom = (stage.signed_in(name) for name in ("ann", "kim", "priya", "tom"))
        meet(stage, ann, kim, priya, tom)
        talk(stage, ann, kim, priya, tom)
        live(stage, take, ann, tom)
        beside(stage, take, ann, kim)
        attachments(stage, take, ann, kim)
        guest(stage, take, ann)
        publish(stage, take, ann, priya)
        archive(stage, take)
        troubles(stage, take, ann, (kim, priya, tom))
    except BaseException:
        stage.leave_traces()
        raise
    finally:
        stage.server.stop()


def before(stage: Stage, take: Take) -> None:
    """What somebody sees who has never been here."""
    page = stage.page()
    page.get_by_label("E-mail or chat address").fill("ann@example.org")
    page.get_by_label("Password", exact=True).fill("*" * 13)
    page.locator("h1").first.click()
    take(page, "sign-in")
    page.goto(f"{stage.url}register")
    page.get_by_label("Mail address").fill("ann@example.org")
    page.get_by_label("Your name").fill("Ann")
    page.locator("h1").first.click()
    take(page, "registration")
    stage.close(page)


def meet(stage: Stage, ann: Page, *others: Page) -> None:
    """Ann begins a talk, and the others come in."""
    kim, priya, tom = others
    wish(tom, "ann@example.org Stand-up, platform team now")
    expect(tom.locator("#talk-title")).to_contain_text("Stand-up")
    ann.get_by_test_id("topic").filter(has_text="Stand-up").click()
    expect(ann.get_by_test_id("composer")).to_be_visible()
    expect(tom.get_by_test_id("people")).to_have_attribute("aria-label", "Here: Ann, Reporter, Tom", timeout=SOON)
    spoken(stage, "14:00", tom, "Good afternoon.")
    expect(message(ann, "Good afternoon.")).to_be_visible(timeout=SOON)
    ann.wait_for_timeout(1500)  # what is seen for a second is read
    wish(ann, f"kim@example.org, priya@example.org, tom@example.org {PORTAL} now")
    expect(ann.locator("#talk-title")).to_have_text(PORTAL)
    expect(message(ann, "I am the reporter")).to_be_visible(timeout=SOON)
    ann.get_by_test_id("toast").get_by_role("button", name="Close").click()  # its ten seconds pass
    for page in others:
        page.get_by_test_id("topic").filter(has_text=PORTAL).click()
        expect(page.locator("#talk-title")).to_have_text(PORTAL)
        expect(page.get_by_test_id("composer")).to_be_visible()
    assert (kim, priya, tom) == others


def talk(stage: Stage, ann: Page, kim: Page, priya: Page, tom: Page) -> None:
    """Fourteen minutes."""
    spoken(stage, "14:01", ann, f"Name: {PORTAL}", "This is a project.", "#topic What it is for")
    spoken(stage, "14:02", ann, "The goal is one place for every data set by spring.")
    spoken(stage, "14:03", tom, "Who is it for?")
    spoken(stage, "14:05", priya, "City staff first, then anyone who reuses the data.")
    expect(ann.locator("[data-attribute=audience]")).to_contain_text("City staff", timeout=SOON)
    spoken(stage, "14:06", ann, "#topic One licence", "#agreed CC BY 4.0 for every data set, no exceptions.")
    agreed = "CC BY 4.0 for every data set"
    for page in (kim, priya, tom):
        message(page, agreed).first.focus()
        page.keyboard.press("e")
        expect(page.get_by_role("button", name="Plus one")).to_be_visible()
        page.get_by_role("button", name="Plus one").click()
    spoken(stage, "14:07", ann, "I will publish the licence text on the portal by Wednesday.")
    spoken(stage, "14:07", priya, "Somebody should book a load test before the launch.")
    spoken(stage, "14:08", tom, "#topic Mirrors on the old licence")  # the talk is looked through at each change of it
    settle(ann, "A1")
    settle(ann, "A2")
    message(tom, agreed).first.focus()
    tom.keyboard.press("r")
    spoken(stage, "14:08", tom, "No objections. I'll list the mirrors that still run the old licence by Thursday.")
    spoken(stage, "14:09", kim, "The status: the pilot runs on two mirrors.")
    # Ann looks at something else for a while.
    stage.at("14:10")
    ann.wait_for_timeout(1500)  # what is seen for a second is read
    ann.get_by_test_id("topic").filter(has_text="Budget 2027").click()
    expect(ann.locator("#talk-title")).to_contain_text("Budget")
    standup(stage, tom)
    spoken(stage, "14:11", priya, "QUESTION: Who signs off the mirrors run by partners?")
    spoken(stage, "14:14", kim, "I will check with the partners by Friday. Is that soon enough, @Ann?")
    spoken(stage, "14:18", kim, "#topic Hosting", "PROPOSED: Partners may keep the old licence until spring.")
    settle(tom, "A3")


def standup(stage: Stage, tom: Page) -> None:
    """Meanwhile, elsewhere."""
    tom.get_by_test_id("topic").filter(has_text="Stand-up").click()
    expect(tom.locator("#talk-title")).to_contain_text("Stand-up")
    spoken(stage, "14:10", tom, "Deployed since Friday: search, maps.", "@Ann can you look at the map colours?")
    spoken(stage, "14:11", tom, "Nothing blocks me.", "@Ann and the footer?")
    tom.get_by_test_id("topic").filter(has_text=PORTAL).click()
    expect(tom.locator("#talk-title")).to_have_text(PORTAL)


def live(stage: Stage, take: Take, ann: Page, tom: Page) -> None:
    """Back at the talk: the heart of it."""
    stage.at("14:19")
    ann.get_by_test_id("topic").filter(has_text=PORTAL).click()
    expect(ann.locator("[data-proposal=P1]")).to_be_visible(timeout=SOON)
    ann.get_by_test_id("offer").get_by_role("button").last.click()
    tom.get_by_test_id("composer").press_sequentially("I have ours")
    expect(ann.get_by_text("Tom is writing")).to_be_visible(timeout=SOON)
    take(ann, "talk", "Talk")
    take(ann, "topics", "Topics")
    take(ann, "outcome", "Outcome")
    ann.evaluate("document.activeElement.blur()")
    ann.keyboard.press("n")
    ann.locator("#wish").fill("kaliya@example.org tom@example.org licence audit, tue 3pm")
    expect(ann.get_by_test_id("one-field")).to_contain_text("tue 3pm", timeout=SOON)
    take(ann, "one-field")
    ann.locator("#wish").fill("")
    close(ann)


def beside(stage: Stage, take: Take, ann: Page, kim: Page) -> None:
    """What stands around a talk."""
    ann.get_by_test_id("topic").filter(has_text="Licence audit").click()
    expect(ann.locator("#talk-title")).to_have_text("Licence audit")
    take(ann, "planned", "Talk")
    ann.get_by_test_id("people").click()
    expect(ann.get_by_test_id("invitee").first).to_be_visible()
    take(ann, "people")
    close(ann)
    ann.get_by_label("More for this topic").click()
    ann.get_by_role("button", name="Change the time").click()
    ann.locator("#ask-value").fill("yesterday at 4")
    ann.locator("#ask-value").press("Enter")
    toast = ann.get_by_test_id("toast")
    expect(toast).to_contain_text("had already passed", timeout=SOON)
    toast.get_by_test_id("undo").first.focus()  # while it has the focus it stays
    ann.get_by_test_id("topic").filter(has_text=PORTAL).click()
    expect(ann.locator("#talk-title")).to_have_text(PORTAL)
    take(ann, "correction", "Talk")
    kim.get_by_test_id("topic").filter(has_text="Budget 2027").click()
    expect(kim.get_by_test_id("waiting-room")).to_be_visible()
    take(kim, "waiting", "Talk")
    kim.get_by_test_id("topic").filter(has_text=PORTAL).click()
    ann.keyboard.press("Control+k")
    ann.keyboard.type("li")
    expect(ann.get_by_test_id("jump").first).to_be_visible()
    take(ann, "switcher")
    ann.locator("#search").fill("licence")
    expect(ann.get_by_test_id("hit").first).to_be_visible(timeout=SOON)
    take(ann, "search")
    ann.locator("#search").fill("")
    close(ann)
    for name in ("settings", "account"):
        ann.locator("summary[aria-label=You]").click()
        ann.get_by_test_id(name).click()
        expect(ann.locator("dialog[open]")).to_be_visible()
        take(ann, name)
        close(ann)
    ann.locator("#topics button[aria-label=Keys]").click()
    expect(ann.locator("dialog[open]")).to_be_visible()
    take(ann, "keys")
    close(ann)
    sam = stage.signed_in("sam")
    expect(sam.get_by_test_id("new").first).to_be_visible()
    take(sam, "empty")
    stage.close(sam)


def attachments(stage: Stage, take: Take, ann: Page, kim: Page) -> None:
    """Kim sends a picture and a table."""
    stage.at("14:21")
    kim.get_by_test_id("topic").filter(has_text=PORTAL).click()
    files = kim.locator(".composer input[type=file]")
    drawn = stage.drawn(CHART)
    files.set_input_files([{"name": "downloads-by-mirror.png", "mimeType": "image/png", "buffer": drawn}])
    expect(ann.get_by_test_id("picture").locator("img")).to_be_visible(timeout=SOON)
    table = b"mirror,licence\n" * 900
    files.set_input_files([{"name": "mirrors.csv", "mimeType": "text/csv", "buffer": table}])
    expect(ann.get_by_test_id("file")).to_be_visible(timeout=SOON)
    ann.get_by_test_id("file").scroll_into_view_if_needed()
    take(ann, "attachments", "Talk")


def guest(stage: Stage, take: Take, ann: Page) -> None:
    """Kaliya is invited by her address alone."""
    invite(ann, "Kaliya Osei <kaliya@example.org>")
    kaliya = stage.page()
    kaliya.goto(stage.mailed_link(kaliya, "kaliya@example.org", "/i/"))
    take(kaliya, "invitation")
    kaliya.get_by_role("button", name="Join the conversation").click()
    expect(kaliya.get_by_test_id("composer")).to_be_visible(timeout=SOON)
    kaliya.get_by_test_id("keep-place").click()
    expect(kaliya.locator("dialog[open]")).to_be_visible()
    take(kaliya, "claim")
    stage.close(kaliya)


def publish(stage: Stage, take: Take, ann: Page, priya: Page) -> None:
    """The talk ends, the reporter asks, the draft is complete, and it is published; then a second time."""
    settle(ann, "P1")
    spoken(stage, "14:41", priya, "That is all three. Publish this, reporter.")
    ann.get_by_role("button", name="End meeting").first.click()
    expect(ann.locator(".head .sub")).to_contain_text("Ended", timeout=SOON)
    expect(ann.locator("#outcome")).to_have_attribute("data-mode", "interviewing", timeout=SOON)
    take(ann, "asking", "Talk")
    spoken(stage, "14:44", priya, "A single front door to what the city measures, counts and maps.")
    expect(ann.locator("#outcome")).to_have_attribute("data-mode", "grace", timeout=SOON)
    take(ann, "publishing", "Outcome")
    ann.get_by_test_id("preview").click()
    expect(ann.get_by_role("dialog").get_by_role("heading", name=PORTAL)).to_be_visible()
    take(ann, "draft")
    close(ann)
    stage.at("14:52")
    ann.get_by_test_id("publish").click()
    expect(ann.get_by_test_id("document")).to_be_visible(timeout=SOON)
    take(ann, "published", "Outcome")
    spoken(stage, "15:05", ann, "#agreed The mirrors of partners stay until spring.")
    expect(ann.get_by_test_id("again")).to_be_visible(timeout=SOON)
    ann.get_by_test_id("again").click()
    expect(ann.get_by_test_id("news")).to_contain_text("version 2", timeout=SOON)
    ann.get_by_test_id("versions").click()
    expect(ann.get_by_test_id("diff")).to_be_visible(timeout=SOON)
    take(ann, "versions", "Outcome")
    ann.get_by_test_id("back").click()


def archive(stage: Stage, take: Take) -> None:
    """What everybody may read."""
    page = stage.page("archive/")
    take(page, "archive", whole=True)
    page.goto(f"{stage.url}archive/open-data-portal")
    take(page, "document", whole=True)
    page.goto(f"{stage.url}archive/open-data-portal/versions")
    page.get_by_role("link", name="What changed since version 1").click()
    take(page, "changes", whole=True)
    stage.close(page)


def troubles(stage: Stage, take: Take, ann: Page, others: tuple[Page, ...]) -> None:
    """A component that is asked too much; then no server at all."""
    own = others[-1].get_by_test_id("topic").filter(has_text="Stand-up").get_attribute("data-id")
    for page in others:
        page.evaluate(FLOOD, own)
    expect(ann.get_by_test_id("why-slow")).to_be_visible(timeout=SOON)
    ann.get_by_test_id("topic").filter(has_text="Licence audit").click()
    expect(ann.locator("#talk-title")).to_have_text("Licence audit")
    invite(ann, "nadia@example.org")
    expect(ann.get_by_test_id("turn")).to_be_visible()
    take(ann, "busy", "Talk")
    for page in others:
        page.evaluate("window.flooding = false")
    ann.get_by_test_id("topic").filter(has_text=PORTAL).click()
    expect(message(ann, "D3 is new")).to_be_visible(timeout=SOON)
    stage.server.kill()
    expect(ann.get_by_test_id("connection")).not_to_have_text("Connected", timeout=SOON)
    stage.at("15:06")
    expect(ann.get_by_test_id("banner")).to_be_visible(timeout=SOON)
    say(ann, "I have ours open, one moment.")
    say(ann, "The partners answer tomorrow.")
    take(ann, "offline", "Talk")


def close(page: Page) -> None:
    """The dialogue that is open."""
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def spoken(stage: Stage, clock: str, page: Page, *words: str) -> None:
    """Somebody says something, and it has arrived."""
    stage.at(clock)
    for each in words:
        say(page, each)
        expect(message(page, each).last).to_have_attribute("data-state", "sent", timeout=SOON)


def settle(page: Page, entry: str) -> None:
    """Somebody confirms what the reporter found."""
    ok = page.locator(f"[data-proposal={entry}]").get_by_test_id("ok")
    ok.click()
    expect(ok).to_have_count(0, timeout=SOON)
