"""What of a page would do something: scripts, frames, handlers, addresses that run code. For tests of documents."""

from html.parser import HTMLParser

_ELEMENTS = frozenset(
    (
        "script",
        "iframe",
        "frame",
        "object",
        "embed",
        "applet",
        "link",
        "meta",
        "base",
        "form",
        "input",
        "button",
        "style",
    )
)
_ADDRESSES = frozenset(("href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset", "background"))
_QUIET = ("http:", "https:", "mailto:", "xmpp:", "#", "/")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _ELEMENTS and not (tag == "meta" and attrs[0][0] == "charset"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.found.append(f"{tag} {name}")
            elif name in _ADDRESSES and (not address.startswith(_QUIET) or tag == "img"):
                self.found.append(f"{tag} {name}={value}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_pi(self, data: str) -> None:
        self.found.append(f"<?{data[:20]}")


def active_nodes(html: str) -> list[str]:
    """What is active in a page or a part of one; nothing if it only shows. ``<meta charset>`` counts as quiet."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found
