"""What the pages say, in every language that there is: each sentence is translated, and the browser chooses."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from twisted.web.test.requesthelper import DummyRequest

from ccm import people
from ccm.web import languages, pages
from ccm.web.languages import ENGLISH, LANGUAGES, Language, read_po
from ccm.web.times import spoken

WEB = Path(languages.__file__).parent
#: The page of mails that are not sent is for those who develop; documents are in the language of their talk.
ENGLISH_ONLY = {"devmail.html", "icons.html", "versions.html", "changes.html"}
TEMPLATES = sorted(path for path in (WEB / "templates").glob("*.html") if path.name not in ENGLISH_ONLY)
PLACES = re.compile(r"%\(\w+\)s")
DAYS = [datetime(2026, 6, day, tzinfo=UTC) for day in range(1, 8)]
MONTHS = [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 13)]
OTHERS = [code for code in LANGUAGES if code != "en"]
#: Calls whose texts a page shows: their names, and which of their arguments are sentences.
SAID = {"message": (1, 2), "say": (0,), "FormRefused": (0,), "Trapped": (0,)}


def of_templates() -> set[str]:
    environment = pages.environment(ENGLISH)
    found: set[str] = set()
    for path in TEMPLATES:
        for _, _, sentence in environment.extract_translations(path.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
            found.add(sentence if isinstance(sentence, str) else sentence[0])
    return found


def texts(node: ast.AST) -> set[str]:
    """The sentences of an expression; an f-string has none that a catalogue could have."""
    found = [one for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return {one.value for one in found if re.search(r"[a-z]{2}", one.value)}


def of_code() -> set[str]:
    found: set[str] = set()
    for path in WEB.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                for position in SAID.get(name, ()):
                    arguments = node.args[position : position + 1]
                    found |= {t for one in arguments if not isinstance(one, ast.JoinedStr) for t in texts(one)}
                for keyword in node.keywords:
                    if keyword.arg in ("link_text", "error") or (name == "render" and keyword.arg == "title"):
                        found |= texts(keyword.value)
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("text", "said"):
                found |= texts(node.value) if isinstance(node.value, ast.Constant) else set()
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if path.name in ("rsvp.py", "outcome.py") and getattr(target, "id", "") in ("ANSWERS", "SAID"):
                    assert isinstance(node.value, ast.Dict)
                    found |= {text for value in node.value.values for text in texts(value)}
    return found


def of_people() -> set[str]:
    """What is wrong with what people typed, where it is the same whatever they typed."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(people.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Mistake":
            found |= {node.args[1].value} if isinstance(node.args[1], ast.Constant) else set()
    return {text for text in found if isinstance(text, str)}


def of_dates() -> set[str]:
    names = {f"{day:%a}" for day in DAYS} | {f"{month:%b}" for month in MONTHS} | {f"{month:%B}" for month in MONTHS}
    return names | {"CET", "CEST", "yesterday", "today", "tomorrow"}


def of_values() -> set[str]:
    """What stands in a dict of defaults, and states of actions."""
    return {"To CCM", "done", "cancelled", "carried"}


def sentences() -> set[str]:
    return of_templates() | of_code() | of_people() | of_dates() | of_values()


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_of_the_pages_is_in_every_language_and_none_is_left_over(code: str) -> None:
    known = set(LANGUAGES[code].sentences)
    assert sorted(sentences() - known) == [], f"add them to ccm/web/locale/{code}.po"
    assert sorted(known - sentences()) == [], f"take them out of ccm/web/locale/{code}.po"


@pytest.mark.parametrize("code", OTHERS)
def test_each_translation_has_the_values_and_the_markup_of_its_sentence(code: str) -> None:
    for sentence, said in LANGUAGES[code].sentences.items():
        assert sorted(PLACES.findall(said)) == sorted(PLACES.findall(sentence)), sentence
        assert sorted(re.findall(r"<[^>]+>", said)) == sorted(re.findall(r"<[^>]+>", sentence)), sentence


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_anything_past_the_catalogues(path: Path) -> None:
    text = re.sub(r"\{% trans.*?endtrans %\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"\{[%{#].*?[#%}]\}", "", text, flags=re.DOTALL)
    said = re.findall(r'(?:title|placeholder|aria-label|alt|content)="([^"]*)"', text)
    bare = [one for one in (*re.sub(r"<[^>]*>", "\n", text).splitlines(), *said) if re.search(r"[^\W\d]{2}", one)]
    assert [one for one in bare if one.strip(" ·") not in ("CCM", "light dark") and "width=" not in one] == []


def test_the_browser_chooses_and_english_is_for_everybody_else() -> None:
    def asked(header: str | None) -> str:
        request = DummyRequest([b""])
        if header is not None:
            request.requestHeaders.addRawHeader("Accept-Language", header)
        return languages.asked(request).code

    headers = [None, "", "fr", "de-AT,de;q=0.9,en;q=0.8", "fr, de;q=0.3, en;q=0.7", "en-US", "de;q=0", ";;q=x"]
    assert [asked(header) for header in headers] == ["en", "en", "en", "de", "en", "en", "en", "en"]


def test_dates_are_those_of_the_language() -> None:
    now, then = datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert spoken(then, "Europe/Berlin", now) == "Tue 24 Nov, 15:00 CET, in 2 days"
    assert spoken(then, "Europe/Berlin", now, LANGUAGES["de"]) == "Di., 24. Nov., 15:00 MEZ, in 2 Tagen"
    assert (ENGLISH.day(then), LANGUAGES["de"].day(then)) == ("Tue 24 Nov 2026", "Di., 24. Nov. 2026")
    assert LANGUAGES["de"].month(then) == "November 2026"


def test_what_is_typed_stays_text_in_a_sentence_with_markup() -> None:
    made = pages.environment(Language("xx", {"For <b>%(jid)s</b>.": "Für <b>%(jid)s</b>, 100 %% sicher."}))
    page = made.from_string("{% trans jid=one %}For <b>{{ jid }}</b>.{% endtrans %}").render(one="<i>%(x)s")
    assert page == "Für <b>&lt;i&gt;%(x)s</b>, 100 % sicher."


def test_a_catalogue_is_read_as_gettext_has_it() -> None:
    head = '# x\nmsgid ""\nmsgstr "Language: de\\n"\n\n#: a.py\n'
    text = head + 'msgid "One "\n"line"\nmsgstr "Eine „Zeile“"\n\nmsgid "Later"\nmsgstr ""\n'
    assert read_po(text) == {"One line": "Eine „Zeile“"}
    with pytest.raises(ValueError, match="msgctxt"):
        read_po('msgctxt "a"\nmsgid "b"\n')
