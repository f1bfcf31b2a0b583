"""
Files that people share: their names, their media types, and what a browser may make of them (RFC 6266, RFC 9110 §8.3).

Nobody is trusted: a name is made safe to show and to save, a type that a browser would run is served as bytes, and only
a few kinds of pictures, sound and film are shown in place. Leaves out looking into files.
"""

import mimetypes
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

MOST_NAME_BYTES = 200
BYTES = "application/octet-stream"

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_PATTERN = re.compile(rf"\*/\*|[a-z0-9][a-z0-9.+-]*/\*|{_TYPE.pattern}")
_ASCII_NAME = re.compile(r"[^A-Za-z0-9 ._()+,=@~-]")
#: Shown in place: formats without script, links or anything to load.
_SHOWN = frozenset(
    {
        *("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"),
        *("audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/opus", "audio/flac", "audio/wav", "audio/webm"),
        *("video/mp4", "video/webm", "video/ogg"),
    }
)
_TEXT = frozenset({"text/plain", "text/csv", "text/markdown", "text/calendar", "text/vcard"})
_RUN = re.compile(
    r"(?:multipart|message)/.*|.*(?:javascript|ecmascript|jscript|vbscript|livescript|shockwave|flash).*"
    r"|.*/(?:x?html|xml|xslt|css|wasm|hta|x-msdownload|x-sh|java|java-archive|manifest)\b.*|.*\+xml|image/svg.*"
)


def essence(text: str) -> str:
    """A media type without its parameters, in lower case; ``""`` for what is none."""
    found = text.partition(";")[0].strip().lower()
    return found if _TYPE.fullmatch(found) else ""


def guessed(name: str) -> str:
    """The media type that a file's name tells."""
    found, coding = mimetypes.guess_type(f"_{name[-80:]}", strict=True)  # a colon before would make it an address
    return essence(found or "") if found and not coding else BYTES


def is_pattern(text: str) -> bool:
    """Whether it says which types: ``image/png``, ``image/*``, ``*/*``."""
    return _PATTERN.fullmatch(text) is not None


def allowed(media_type: str, patterns: Iterable[str]) -> bool:
    """Whether a type is one of those."""
    kind = f"{media_type.partition('/')[0]}/*"
    return any(pattern in ("*/*", kind, media_type) for pattern in patterns)


def served_as(media_type: str) -> tuple[str, bool]:
    """
    As what a file of that type is served, and whether it may be shown in place.

    A script, style sheet or page is bytes: else a page of this host could be made to run it.
    """
    if media_type in _SHOWN:
        return media_type, True
    if media_type in _TEXT:
        return f"{media_type}; charset=utf-8", False
    if not _TYPE.fullmatch(media_type) or media_type.startswith("text/") or _RUN.fullmatch(media_type):
        return BYTES, False
    return media_type, False


def file_name(text: str) -> str:
    """
    A name that can be shown and saved anywhere: no folders, nothing invisible, of bounded length, its ending kept.

    :returns: never empty; ``file`` stands for a name of which nothing is left.
    """
    text = re.split(r"[/\\]", unicodedata.normalize("NFC", text))[-1]
    # control and format characters (among them those that turn the direction), surrogates, private use, line ends
    text = "".join(c if c not in '<>:"|?*' else "_" for c in text if unicodedata.category(c) not in _UNSEEN)
    text = " ".join(text.split()).strip(" .")
    if not text:
        return "file"
    stem, dot, ending = text.rpartition(".")
    if not dot or len(ending.encode()) > 20:
        stem, dot, ending = text, "", ""
    room = MOST_NAME_BYTES - len((dot + ending).encode())
    stem = stem.encode()[:room].decode(errors="ignore").rstrip(" .")
    if re.fullmatch(r"(?i)con|prn|aux|nul|com[0-9]|lpt[0-9]", stem.partition(".")[0]):
        stem = f"_{stem}"  # devices of Windows, whatever their ending
    return f"{stem}{dot}{ending}" if stem else "file" + dot + ending


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def disposition(name: str, *, shown: bool) -> str:
    """``Content-Disposition`` (RFC 6266): the name in ASCII for old clients, and as it is."""
    plain = _ASCII_NAME.sub("_", name)
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'{"inline" if shown else "attachment"}; filename="{plain}"{exact}'
