"""Names and types of files that strangers give: nothing runs, nothing leads elsewhere, nothing is invisible."""

import re
import unicodedata
from email.message import Message
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ccm import media

HOSTILE = st.text(st.characters(codec="utf-8") | st.sampled_from("/\\.\0\r\n\t\"';:%\u202e\u200b\ud7ff"), max_size=400)


@given(HOSTILE)
@example("../../etc/passwd")
@example("..")
@example("C:\\Users\\me\\cat.png")
@example("evil\r\nSet-Cookie: a=b.png")
@example("photo\u202egnp.exe")
@example("CON.txt")
@example("." * 300)
@example("x" * 500 + ".tar.gz")
def test_a_name_is_safe_to_show_and_to_save_and_stays_as_it_is(text: str) -> None:
    name = media.file_name(text)
    assert 0 < len(name.encode()) <= media.MOST_NAME_BYTES + 1
    assert not set(name) & set('/\\\0\r\n<>:"|?*') and name not in (".", "..") and name == name.strip(" .")
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in name)
    assert media.file_name(name) == name
    assert unquote(quote(name, safe="")) == name


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("très cool.jpg", "très cool.jpg"),
        ("/tmp/cat.png", "cat.png"),
        ("C:\\cat.png", "cat.png"),
        (" . ", "file"),
        ("", "file"),
        (".png", "png"),
        ("a\u202eb\u200bc.png", "abc.png"),
        ("nul.png", "_nul.png"),
        ("x" * 300 + ".png", "x" * 196 + ".png"),
        ("é" * 300 + ".jpeg", "é" * 97 + ".jpeg"),
        ("no_ending_" + "x" * 300, "no_ending_" + "x" * 190),
        ("a.b?c*d.png", "a.b_c_d.png"),
        ("日本.txt", "日本.txt"),
    ],
)
def test_names_keep_what_people_call_their_files(given_: str, kept: str) -> None:
    assert media.file_name(given_) == kept


@given(HOSTILE, st.booleans())
def test_the_disposition_is_one_line_that_readers_understand(text: str, shown: bool) -> None:
    name = media.file_name(text)
    value = media.disposition(name, shown=shown)
    assert value.isascii() and value.isprintable()
    message = Message()
    message["Content-Disposition"] = value
    assert message.get_content_disposition() == ("inline" if shown else "attachment")
    exact = re.search(r"filename\*=UTF-8''([!#$&+.^_`|~0-9A-Za-z%-]+)\Z", value)
    plain = re.search(r'filename="([^"\\]+)"', value)
    assert plain is not None
    assert (unquote(exact[1]) if exact else plain[1]) == name


@given(HOSTILE)
def test_whatever_is_given_as_a_type_is_none_or_served_as_one_that_does_not_run(text: str) -> None:
    for media_type in (media.essence(text), media.guessed(text)):
        served, _ = media.served_as(media_type)
        assert re.fullmatch(r"[!-~]+/[!-~]+(?:; charset=utf-8)?", served)


@pytest.mark.parametrize(
    "media_type",
    [
        *("text/html", "application/xhtml+xml", "image/svg+xml", "image/svg", "application/xml", "text/xml"),
        *("text/javascript", "application/javascript", "application/x-javascript", "application/ecmascript"),
        *("text/css", "text/vbscript", "text/jscript", "text/x-anything", "application/xslt+xml", "application/wasm"),
        *("multipart/x-mixed-replace", "message/rfc822", "application/rss+xml", "application/x-shockwave-flash"),
        *("text/cache-manifest", "text/event-stream", "application/vnd.mozilla.xul+xml", "", "nonsense", "a/b/c"),
    ],
)
def test_what_a_browser_would_run_is_bytes(media_type: str) -> None:
    assert media.served_as(media_type) == (media.BYTES, False)


@pytest.mark.parametrize(
    ("media_type", "served", "shown"),
    [
        ("image/png", "image/png", True),
        ("video/mp4", "video/mp4", True),
        ("audio/ogg", "audio/ogg", True),
        ("text/plain", "text/plain; charset=utf-8", False),
        ("application/pdf", "application/pdf", False),
        ("application/zip", "application/zip", False),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", None, False),
        ("image/tiff", "image/tiff", False),
    ],
)
def test_what_is_harmless_keeps_its_type_and_little_is_shown(media_type: str, served: str | None, shown: bool) -> None:
    assert media.served_as(media_type) == (served or media_type, shown)


@pytest.mark.parametrize(
    ("media_type", "patterns", "allowed"),
    [
        ("image/png", ("*/*",), True),
        ("image/png", ("image/*",), True),
        ("image/png", ("image/png",), True),
        ("image/png", ("image/jpeg", "audio/*"), False),
        ("imagex/png", ("image/*",), False),
        ("image/png", (), False),
    ],
)
def test_patterns_say_which_types_may_come(media_type: str, patterns: tuple[str, ...], allowed: bool) -> None:
    assert media.allowed(media_type, patterns) is allowed


@pytest.mark.parametrize("pattern", ["image", "*", "*/png", "image/", "image/*x", "IMAGE/*", "a b/c"])
def test_what_is_no_pattern_is_told_apart(pattern: str) -> None:
    assert not media.is_pattern(pattern)


def test_a_type_is_guessed_from_the_ending() -> None:
    assert media.guessed("cat.PNG") == "image/png"
    assert media.guessed("cat.tar.gz") == media.BYTES
    assert media.guessed("cat") == media.BYTES
    assert media.guessed("data:text/html,cat") == media.BYTES
