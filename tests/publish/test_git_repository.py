"""Publishing to a bare git repository, by the git program."""

import shutil

import pytest
import pytest_twisted
from fixtures.shelves import Bare
from markdown_it import MarkdownIt
from msgspec.structs import replace
from twisted.internet import reactor

from ccm.errors import ConfigError, Rejected, Unavailable
from ccm.publish.git import GitOptions, GitRepository
from ccm.publish.target import TargetServices
from ccm.testing.active import active_nodes
from ccm.testing.contracts_publish import NASTY, TALK, PublisherContract, document

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git is installed")

PAGES = "https://pages.example.org/minutes/{name}"


@pytest.fixture
def shelf(tmp_path):
    return Bare(tmp_path / "site.git")


def publisher_of(shelf, tmp_path, state="state", **changes):
    services = TargetServices(reactor, "https://chat.example.org/", tmp_path / state)
    return GitRepository().configure(GitOptions(**{"url": str(shelf.folder), "page_url": PAGES, **changes}), services)


@pytest.fixture
def publisher(shelf, tmp_path):
    return publisher_of(shelf, tmp_path)


class TestContract(PublisherContract):
    pass


@pytest_twisted.ensureDeferred
async def test_a_file_has_front_matter_and_the_text(publisher, shelf):
    receipt = await publisher.publish(document("abcd2345", title='One: "two" # three'), "git:abcd2345:1")
    assert receipt.remote_id == "content/ccm/one-two-three-abcd2345.md"
    assert receipt.url == "https://pages.example.org/minutes/one-two-three-abcd2345"
    matter, _, text = shelf.show(receipt.remote_id).removeprefix("---\n").partition("\n---\n")
    assert matter.split("\n")[0] == 'title: "One: \\"two\\" # three"'
    assert matter.split("\n")[-3:] == ['topic: "abcd2345"', "revision: 1", 'key: "git:abcd2345:1"']
    assert text.startswith('\n# One: "two" \\# three\n')


@pytest_twisted.ensureDeferred
async def test_a_commit_is_made_of_configuration_and_document_alone(shelf, tmp_path):
    other = Bare(tmp_path / "other.git")
    for bare, state in ((shelf, "one"), (other, "two")):
        publisher = publisher_of(bare, tmp_path, state, author_name="Minutes", author_email="m@example.org")
        await publisher.publish(document("t", title="A\ntitle"), "t:1")
    assert shelf.git("rev-parse", "main") == other.git("rev-parse", "main")
    facts = shelf.git("log", "-1", "--format=%an <%ae>%n%cn <%ce>%n%cI%n%B", "main").strip().split("\n")
    assert facts[:2] == ["Minutes <m@example.org>"] * 2
    assert facts[2] == "2026-11-23T14:01:00+00:00"
    assert facts[3:] == ["Add “A title”", "", "CCM-Key: t:1"]


@pytest_twisted.ensureDeferred
async def test_the_same_key_makes_no_commit(publisher, shelf, tmp_path):
    first = await publisher.publish(document("t"), "t:1")
    assert await publisher.publish(document("t", 2, (*TALK, "DECISION: More")), "t:1") is not None
    again = await publisher_of(shelf, tmp_path, "fresh").publish(document("t"), "t:1")
    assert again == first
    assert shelf.commits() == 1


@pytest_twisted.ensureDeferred
async def test_a_document_keeps_its_file_when_its_title_changes(publisher, shelf):
    first = await publisher.publish(document("t", title="Before"), "t:1")
    second = await publisher.publish(document("t", 2, title="After"), "t:2")
    assert second.remote_id == first.remote_id
    assert await shelf.titles() == ["After"]


@pytest_twisted.ensureDeferred
async def test_what_others_commit_stays(publisher, shelf):
    shelf.commit_of_somebody_else()
    await publisher.publish(document("one"), "o:1")
    shelf.commit_of_somebody_else("ABOUT.md")
    await publisher.publish(document("two"), "w:1")
    assert {"README.md", "ABOUT.md"} < set(shelf.files())
    assert len(shelf.files()) == 4
    assert shelf.commits() == 4


@pytest_twisted.ensureDeferred
async def test_a_branch_that_moves_on_during_the_push_is_fetched_again(shelf, tmp_path):
    publisher = publisher_of(shelf, tmp_path)
    shelf.commit_of_somebody_else()
    git = await publisher._ready()
    run, moved = git.run, []

    async def meanwhile(*arguments, **more):
        if arguments[0] == "push" and not moved:
            moved.append(shelf.commit_of_somebody_else("MEANWHILE.md"))
        return await run(*arguments, **more)

    git.run = meanwhile
    receipt = await publisher.publish(document("t"), "t:1")
    assert set(shelf.files()) == {"README.md", "MEANWHILE.md", receipt.remote_id}
    assert shelf.commits() == 3


@pytest_twisted.ensureDeferred
async def test_a_push_whose_answer_was_lost_is_not_done_again(shelf, tmp_path):
    publisher = publisher_of(shelf, tmp_path)
    git = await publisher._ready()
    run = git.run

    async def lost(*arguments, **more):
        said = await run(*arguments, **more)
        if arguments[0] == "push":
            git.run = run
            raise Unavailable("the line broke", ambiguous=True)
        return said

    git.run = lost
    with pytest.raises(Unavailable):
        await publisher.publish(document("t"), "t:1")
    await publisher.publish(document("t"), "t:1")
    assert shelf.commits() == 1


@pytest_twisted.ensureDeferred
async def test_hooks_and_settings_of_the_machine_do_not_run(shelf, tmp_path, monkeypatch):
    template = tmp_path / "template" / "hooks"
    template.mkdir(parents=True)
    for hook in ("pre-push", "reference-transaction", "post-index-change"):
        (template / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        (template / hook).chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f"[core]\n\thooksPath = {template}\n[init]\n\ttemplateDir = {template.parent}\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(template.parent))
    await publisher_of(shelf, tmp_path).publish(document("t"), "t:1")
    assert not (tmp_path / "ran").exists()


@pytest_twisted.ensureDeferred
async def test_markup_that_was_typed_shows_as_typed(publisher, shelf):
    nasty = '---\nkey: "x"\n<script>alert(1)</script>\n<img src=x onerror=alert(1)> [a](javascript:alert(1))'
    receipt = await publisher.publish(replace(document("t", talk=(NASTY,)), title=nasty, headline=nasty), "t:1")
    text = shelf.show(receipt.remote_id)
    matter, _, body = text.removeprefix("---\n").partition("\n---\n")
    assert len(matter.split("\n")) == 9
    assert active_nodes(MarkdownIt("commonmark", {"html": True}).render(body)) == []


@pytest.mark.parametrize(
    ("prepare", "error", "words"),
    [
        (lambda bare: shutil.rmtree(bare.folder), Rejected, r"there is no repository at /.*Check publish\.git\.url"),
        (lambda bare: (bare.folder / "objects").rename(bare.folder / "gone"), Rejected, "there is no repository"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_repository_that_is_not_there_is_refused_with_the_remedy(shelf, tmp_path, prepare, error, words):
    prepare(shelf)
    with pytest.raises(error, match=words):
        await publisher_of(shelf, tmp_path).publish(document("t"), "t:1")


@pytest_twisted.ensureDeferred
async def test_a_commit_that_the_repository_declines_is_refused_with_its_reason(publisher, shelf):
    hook = shelf.folder / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho Only on Mondays >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(Rejected, match=r"does not take the commit: .*Let CCM's user push to publish\.git\.branch"):
        await publisher.publish(document("t"), "t:1")


@pytest_twisted.ensureDeferred
async def test_a_slow_repository_is_given_up_for_now(shelf, tmp_path):
    hook = shelf.folder / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexec sleep 5\n")
    hook.chmod(0o755)
    publisher = publisher_of(shelf, tmp_path)
    git = await publisher._ready()
    run = git.run

    async def hasty(*arguments, **more):
        git._seconds = 0.3 if arguments[0] == "push" else 30
        return await run(*arguments, **more)

    git.run = hasty
    with pytest.raises(Unavailable, match=r"took longer than 0\.3 s") as caught:
        await publisher.publish(document("t"), "t:1")
    assert caught.value.ambiguous


@pytest_twisted.ensureDeferred
async def test_web_addresses_of_private_networks_are_not_asked(shelf, tmp_path):
    publisher = publisher_of(shelf, tmp_path, url="http://localhost:1/site.git")
    with pytest.raises(Rejected, match=r"localhost is at .*set publish\.git\.private = true"):
        await publisher.publish(document("t"), "t:1")


@pytest_twisted.ensureDeferred
async def test_a_refused_connection_may_pass_and_a_refused_password_does_not(shelf, tmp_path, listening):
    listening.instead = [(401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")] * 4
    publisher = publisher_of(shelf, tmp_path, url=f"{listening.url}site.git", user="a", password="b")
    with pytest.raises(Rejected, match=r"does not take the user name and password\. Check publish\.git\.user"):
        await publisher.publish(document("t"), "t:1")
    listening.instead = [(503, {}, b"")] * 4
    with pytest.raises(Unavailable, match="503"):
        await publisher.publish(document("t"), "t:1")
    await listening.close()
    with pytest.raises(Unavailable, match="127.0.0.1"):  # noqa: RUF043
        await publisher.publish(document("t"), "t:1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "ext::sh -c id"}, "url"),
        ({"url": "--upload-pack=id"}, "url"),
        ({"url": "relative/path"}, "url"),
        ({"url": "https://me:secret@example.org/x.git"}, "credentials"),
        ({"url": "git@example.org:x.git", "user": "me"}, "ssh_key_file"),
        ({"branch": "--force"}, "branch"),
        ({"folder": "../up"}, "folder"),
        ({"author_name": "a\nb"}, "author_name"),
        ({"author_email": ""}, "author_email"),
        ({"ssh_key_file": "key"}, "absolute"),
        ({"page_url": "https://example.org/"}, "page_url"),
    ],
)
def test_a_wrong_configuration_names_its_key(shelf, tmp_path, changes, words):
    with pytest.raises(ConfigError, match=words):
        publisher_of(shelf, tmp_path, **changes)
