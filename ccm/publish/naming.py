"""The name under which a document stands at a target: made of its topic, so that it stays the same for good."""

import hashlib
import re

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
