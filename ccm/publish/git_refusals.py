"""What a failed ``fetch`` or ``push`` of git means: to be tried again, or to be repaired by somebody."""

import re
from urllib.parse import urlsplit

from ccm.errors import CCMError, Rejected, Unavailable
from ccm.publish.git_program import Said

#: words of git or ssh (in the language C) -> what to tell
_FINAL = (
    (
        r"Authentication failed|could not read (Username|Password)|returned error: 40[13]|HTTP 40[13]",
        "{host} does not take the user name and password. Check publish.git.user and password.",
    ),
    (
        r"Permission denied \(|Host key verification failed|Load key",
        "{host} does not let CCM in by SSH. Check publish.git.ssh_key_file, and the host's key in known_hosts_file.",
    ),
    (
        r"does not appear to be a git repository|[Rr]epository .*not found|returned error: 404|not a git repository",
        "there is no repository at {url}. Check publish.git.url, and that CCM's user may read it.",
    ),
    (
        r"pre-receive hook declined|protected branch|hook declined|denied to|insufficient permission|unable to create",
        "{host} does not take the commit: {said}. Let CCM's user push to publish.git.branch.",
    ),
    (
        r"dubious ownership",
        "the repository at {url} belongs to another user. Let CCM's user own it, or use an address by SSH.",
    ),
    (r"transport '\w+' not allowed", "that protocol is not spoken. Write publish.git.url with https or ssh."),
)


def failure(said: Said, url: str) -> CCMError:
    """The error to raise for a command that failed."""
    words = said.error + said.out.decode("utf-8", "replace")
    shown = urlsplit(url)._replace(query="", fragment="").geturl()
    host = urlsplit(url).hostname or shown
    first = _first(words)
    for pattern, text in _FINAL:
        if re.search(pattern, words):
            return Rejected(f"git: {text.format(host=host, url=shown, said=first)}")
    return Unavailable(f"git: {host} did not do it: {first}.", ambiguous=True)


def _first(words: str) -> str:
    """The line that says why."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    told = (
        [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "!"))] or lines or ["no explanation"]
    )
    return re.sub(r"^(fatal|error|remote): *", "", told[0])[:200].rstrip(".")
