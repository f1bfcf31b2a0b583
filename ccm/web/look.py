"""
How the pages look: one style sheet, the icon, and the fonts of the built dashboard, so that both look alike.

The dashboard's bundle names its font files with hashes; its own ``@font-face`` rules are read out of it and put before
the pages' sheet. Without a bundle the pages fall back to the system's fonts. Leaves out building the bundle.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

_SHEETS = ("tokens.css", "pages.css", "document.css")
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_PRELOAD = re.compile(r'href="(/assets/[^"]+\.woff2)"')


@dataclass(frozen=True, slots=True)
class Fonts:
    """
    :ivar rules: ``@font-face`` rules.
    :ivar urls: the files that every page needs, to be fetched along with the sheet.
    """

    rules: str = ""
    urls: tuple[str, ...] = ()

    @classmethod
    def of_bundle(cls, folder: Path) -> "Fonts":
        """The fonts of the dashboard built in *folder*; none if it has none."""
        index = folder / "index.html"
        if not index.is_file():
            return cls()
        sheets = (path.read_text(encoding="utf-8") for path in sorted((folder / "assets").glob("style-*.css")))
        rules = "\n".join(rule for sheet in sheets for rule in _FONT_FACE.findall(sheet))
        return cls(rules, tuple(_PRELOAD.findall(index.read_text(encoding="utf-8"))) if rules else ())


class Look:
    """
    :ivar stylesheet: address of the style sheet; it carries the sheet's hash.
    :ivar icon: address of the icon, which browsers also ask for unasked.
    :ivar preload: value of a ``Link`` header (RFC 8288) that fetches the fonts early; may be empty.
    """

    icon = "/favicon.ico"

    def __init__(self, fonts: Fonts | None = None) -> None:
        fonts = fonts or Fonts()
        assets = files("ccm.web").joinpath("assets")
        texts = [fonts.rules, *(assets.joinpath(name).read_text(encoding="utf-8") for name in _SHEETS)]
        self.css = "\n".join(texts).encode()
        self.css_gzip = gzip.compress(self.css, 9, mtime=0)
        self.icon_svg = assets.joinpath("icon.svg").read_bytes()
        self.stylesheet = f"/style/pages-{hashlib.sha256(self.css).hexdigest()[:12]}.css"
        self.preload = ", ".join(f"<{url}>; rel=preload; as=font; type=font/woff2; crossorigin" for url in fonts.urls)
