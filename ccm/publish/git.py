"""
Publishing to a git repository: one Markdown file with YAML front matter for each document, committed and pushed.

The file is ``<folder>/<slug of its first title>-<name of its topic>.md``. Each time the newest state of the branch is
fetched into a private repository of objects alone (no work tree, so that nothing of a former try is in the way), the
file is put into its tree, and the commit is pushed. A branch that moved on meanwhile is fetched again; a file that has
the document's key already is left alone. Who and when of a commit come from the configuration and the document: the
same document on the same branch is the same commit. Leaves out rewriting: what a redaction takes out of the file stays
in the history of the branch.
"""

import base64
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from twisted.plugin import IPlugin
from zope.interface import implementer

from ccm.bounds import Amount
from ccm.config import Section
from ccm.errors import ConfigError, Unavailable
from ccm.interfaces import IPublisher
from ccm.publish.addresses import resolved
from ccm.publish.front_matter import Value, front_matter, quoted
from ccm.publish.git_program import Git, Said
from ccm.publish.git_refusals import failure
from ccm.publish.naming import name_of, slug_of, with_name
from ccm.publish.secret import read_secret
from ccm.publish.target import TargetServices
from ccm.records import Receipt
from ccm.reporter import render_markdown
from ccm.reporter.document import Document

TRIES = 5
_BASE = "refs/ccm/base"
_SSH = re.compile(r"(?:ssh://)?[A-Za-z0-9_.-]+@[A-Za-z0-9_.\[\]:-]+(?:/[^\s]*|:[^\s]*)")


class GitOptions(Section):
    """
    ``[publish.git]``: off while ``url`` is empty.

    ``url`` of the repository: https://…, ssh://… or user@host:…, or an absolute path; ``branch`` is made if there is
    none. ``folder`` is where the files go. Over HTTPS ``user`` and ``password`` (or ``password_file``), over SSH
    ``ssh_key_file`` and ``known_hosts_file``. ``author_name`` and ``author_email`` stand in the commits. ``page_url``
    is where readers find a document, ``{name}`` its file's name without ``.md``. ``private``: the host may be this
    machine or on a private network. ``timeout_seconds``: for one git command.
    """

    url: str = ""
    branch: str = "main"
    folder: str = "content/ccm"
    user: str = ""
    password: str = ""
    password_file: str = ""
    ssh_key_file: str = ""
    known_hosts_file: str = ""
    author_name: str = "CCM chat reporter"
    author_email: str = "ccm@localhost"
    page_url: str = ""
    private: bool = False
    timeout_seconds: Amount = 30.0


@implementer(IPlugin, IPublisher)
class GitRepository:
    """See the module; made ready by :meth:`configure`."""

    name = "git"
    options = GitOptions

    def __init__(
        self, options: GitOptions | None = None, services: TargetServices | None = None, password: str = ""
    ) -> None:
        self._options = options or GitOptions()
        self._services = services
        self._password = password
        self._git: Git | None = None
        self._indexes = 0

    def configure(self, options: GitOptions, services: TargetServices) -> "GitRepository":
        """:raises ConfigError: naming the key that is missing or wrong."""
        _check(options)
        password = ""
        if options.user:
            password = read_secret("publish.git", options.password, options.password_file)
        return GitRepository(options, services, password)

    async def publish(self, document: Document, key: str) -> Receipt:
        """See :class:`~ccm.interfaces.IPublisher`; a file that has *key* already is left alone."""
        git = await self._ready()
        for _ in range(TRIES):
            base = await self._fetch(git)
            path, blob = await self._file(git, base, document)
            if blob and await self._has_key(git, blob, key):
                return self._receipt(path, document)
            commit = await self._commit(git, base, path, document, key)
            if await self._push(git, commit):
                return self._receipt(path, document)
        raise Unavailable(f"git: {self._options.branch} moved on {TRIES} times while the document was being pushed.")

    # ---- the private repository

    async def _ready(self) -> Git:
        """A fresh one at the first document of a process: nothing that a crash left is in the way."""
        if self._git is None:
            assert self._services is not None, "configure() first"
            folder = self._services.state.absolute() / "publish-git"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700, parents=True)
            settings, variables = self._credentials()
            git = Git(self._services.reactor, folder, self._options.timeout_seconds, settings, variables)
            await self._done(git, "init", "--quiet", "--bare", "--template=", ".")
            self._git = git
        return self._git

    def _credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        options, settings, variables = self._options, {}, {}
        settings["http.lowSpeedLimit"], settings["http.lowSpeedTime"] = "1", str(max(1, int(options.timeout_seconds)))
        if options.user:
            login = base64.b64encode(f"{options.user}:{self._password}".encode()).decode()
            settings["http.extraHeader"] = f"Authorization: Basic {login}"
        ssh = [
            "ssh",
            "-F",
            os.devnull,
            "-o",
            "BatchMode=yes",
            "-o",
            "ConnectTimeout=10",
            "-o",
            "ServerAliveInterval=10",
        ]
        if options.ssh_key_file:
            ssh += ["-i", options.ssh_key_file, "-o", "IdentitiesOnly=yes"]
        if options.known_hosts_file:
            ssh += ["-o", f"UserKnownHostsFile={options.known_hosts_file}"]
        variables["GIT_SSH_COMMAND"] = shlex.join([*ssh, "-o", "StrictHostKeyChecking=yes"])
        return settings, variables

    # ---- steps

    async def _fetch(self, git: Git) -> str:
        """:returns: the branch's newest commit, or ``""`` if there is no such branch."""
        said = await self._remote(
            git, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head",
            self._options.url, f"+refs/heads/{self._options.branch}:{_BASE}",
        )  # fmt: skip
        if said.code and "couldn't find remote ref" in said.error:
            return ""
        if said.code:
            raise failure(said, self._options.url)
        return (await self._done(git, "rev-parse", "--verify", f"{_BASE}^{{commit}}")).decode().strip()

    async def _file(self, git: Git, base: str, document: Document) -> tuple[str, str]:
        """The document's path, and the id of what stands there, or ``""``."""
        name, folder = name_of(document), self._options.folder.strip("/")
        if base:
            listed = await self._done(git, "ls-tree", "-z", base, "--", f"{folder}/")
            for line in listed.decode("utf-8", "replace").split("\0"):
                facts, _, path = line.partition("\t")
                if path.endswith((f"-{name}.md", f"/{name}.md")) and " blob " in facts:
                    return path, facts.split(" ")[2]
        return f"{folder}/{slug_of(document.title)}-{name}.md", ""

    async def _has_key(self, git: Git, blob: str, key: str) -> bool:
        text = (await self._done(git, "cat-file", "blob", blob)).decode("utf-8", "replace")
        return f"\nkey: {quoted(key)}\n" in text.partition("\n---\n")[0] + "\n"

    async def _commit(self, git: Git, base: str, path: str, document: Document, key: str) -> str:
        text = front_matter(_facts(document, key)) + "\n" + render_markdown.text(document)
        blob = (await self._done(git, "hash-object", "-w", "--stdin", given=text.encode())).decode().strip()
        self._indexes += 1
        index = {"GIT_INDEX_FILE": f"index.{self._indexes}"}
        try:
            if base:
                await self._done(git, "read-tree", base, variables=index)
            await self._done(git, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", variables=index)
            tree = (await self._done(git, "write-tree", variables=index)).decode().strip()
        finally:
            self._folder_of(git, index["GIT_INDEX_FILE"]).unlink(missing_ok=True)
        parent = ("-p", base) if base else ()
        made = await self._done(
            git, "commit-tree", tree, *parent, given=_message(document, key).encode(), variables=self._people(document)
        )
        return made.decode().strip()

    async def _push(self, git: Git, commit: str) -> bool:
        """Whether the branch took it; not if it has moved on."""
        branch = f"refs/heads/{self._options.branch}"
        said = await self._remote(git, "push", "--quiet", "--porcelain", self._options.url, f"{commit}:{branch}")
        if not said.code:
            return True
        if re.search(
            rb"^!\t\S+\t\[(rejected|remote rejected)\] \((fetch first|non-fast-forward|stale info|.*lock.*)\)",
            said.out,
            re.M,
        ):
            return False
        raise failure(said, self._options.url)

    # ---- how

    async def _remote(self, git: Git, *arguments: str) -> Said:
        return await git.run(*arguments, settings=await self._pinned())

    async def _pinned(self) -> dict[str, str]:
        """Let git connect to the address that was checked."""
        parts = urlsplit(self._options.url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            return {}
        assert self._services is not None, "configure() first"
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = await resolved(
            self._services.reactor.nameResolver, parts.hostname, port,
            private=self._options.private, remedy="set publish.git.private = true",
        )  # fmt: skip
        address = f"[{found[0]}]" if ":" in found[0] else found[0]
        return {"http.curloptResolve": f"{parts.hostname}:{port}:{address}"}

    async def _done(
        self, git: Git, *arguments: str, given: bytes = b"", variables: Mapping[str, str] | None = None
    ) -> bytes:
        said = await git.run(*arguments, given=given, variables=variables)
        if said.code:
            raise Unavailable(f"git {arguments[0]} failed here: {said.error.strip()[:200] or said.code}")
        return said.out

    def _folder_of(self, git: Git, name: str) -> Path:
        return git.folder / name

    def _people(self, document: Document) -> dict[str, str]:
        at = document.published or document.ended
        seconds = int(datetime.fromisoformat(at).timestamp()) if at else 0
        people = {}
        for role in ("AUTHOR", "COMMITTER"):
            people[f"GIT_{role}_NAME"] = self._options.author_name
            people[f"GIT_{role}_EMAIL"] = self._options.author_email
            people[f"GIT_{role}_DATE"] = f"@{seconds} +0000"
        return people

    def _receipt(self, path: str, document: Document) -> Receipt:
        name = path.rpartition("/")[2].removesuffix(".md")
        url = self._options.url.removesuffix(".git")
        page = with_name("publish.git.page_url", self._options.page_url, name) or f"{url}#{path}"
        return Receipt(page, path, str(document.version))


def _facts(document: Document, key: str) -> dict[str, Value]:
    return {
        "title": document.title,
        "date": document.published or document.ended,
        "description": document.headline,
        "type": document.type,
        "language": document.language,
        "participants": document.present,
        "topic": document.topic or document.id,
        "revision": document.version,
        "key": key,
    }


def _message(document: Document, key: str) -> str:
    title = " ".join("".join(char if char.isprintable() else " " for char in document.title).split())[:60]
    verb = "Add" if document.version <= 1 else f"Revision {document.version} of"
    return f"{verb} “{title or 'Discussion'}”\n\nCCM-Key: {' '.join(key.split())}\n"


def _check(options: GitOptions) -> None:
    parts = urlsplit(options.url)
    web = parts.scheme in ("https", "http")
    if not web and not options.url.startswith(("/", "file:///")) and not _SSH.fullmatch(options.url):
        raise ConfigError("publish.git.url must be https://…, ssh://user@host/…, user@host:path or an absolute path.")
    if web and (parts.username or parts.password):
        raise ConfigError("publish.git.url must not hold credentials: give them as publish.git.user and password_file.")
    if options.user and not web:
        raise ConfigError("publish.git.user is for https addresses; over SSH give publish.git.ssh_key_file.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./-]*", options.branch) or ".." in options.branch:
        raise ConfigError("publish.git.branch must be the plain name of a branch, e.g. main.")
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", options.folder.strip("/")):
        raise ConfigError("publish.git.folder must be folders of letters, digits, -, _ and ., e.g. content/ccm.")
    for key in ("author_name", "author_email"):
        value = getattr(options, key)
        if not value or any(char in value for char in "<>\r\n\0"):
            raise ConfigError(f"publish.git.{key} must be on one line, without < and >.")
    for key in ("ssh_key_file", "known_hosts_file"):
        if getattr(options, key) and not Path(getattr(options, key)).is_absolute():
            raise ConfigError(f"publish.git.{key} must be an absolute path.")
    with_name("publish.git.page_url", options.page_url, "x")


plugin: Any = GitRepository()
