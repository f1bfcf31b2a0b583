"""The name under which a document stands at a target: made of its topic, so that it stays the same for good."""

import hashlib
import re
import unicodedata

from ccm.errors import ConfigError
from ccm.reporter.document import Document

_PLAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def name_of(document: Document) -> str:
    """Lower-case letters, digits and hyphens; different for different topics."""
    topic = document.topic or document.id
    if _PLAIN.fullmatch(topic):
        return topic
    plain = re.sub(r"[^a-z0-9]+", "-", topic.lower()).strip("-")[:60] or "document"
    return f"{plain}-{hashlib.sha256(topic.encode()).hexdigest()[:12]}"


def slug_of(title: str) -> str:
    """Of a title what may stand in a file's name: lower-case letters, digits and hyphens; never empty."""
    plain = unicodedata.normalize("NFKD", title.casefold().replace("ß", "ss"))
    words = re.findall(r"[^\W_]+", "".join(char for char in plain if not unicodedata.combining(char)))
    return "-".join(words)[:60].strip("-") or "talk"


def with_name(option: str, template: str, name: str) -> str:
    """
    The address of a page by its template, in which ``{name}`` stands for the document's name.

    :raises ConfigError: if it is no web address or has no place for the name.
    """
    if template and (not template.startswith(("https://", "http://")) or "{name}" not in template):
        raise ConfigError(
            f"{option} must be a web address with {{name}} in it, e.g. https://example.org/minutes/{{name}}."
        )
    return template.replace("{name}", name)
