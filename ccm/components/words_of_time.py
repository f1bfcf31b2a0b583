"""
The words by which people name days and hours, in English, German, French and Dutch, for :mod:`ccm.components.when`.

Keys are lower-case; keys of mappings that are searched in text are regular expressions. Longer expressions stand
before shorter ones that they contain.
"""

import re
from collections.abc import Callable

DAY_OFFSETS: dict[str, int] = {
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
    "übermorgen": 2,
    "uebermorgen": 2,
    "après-demain": 2,
    "overmorgen": 2,
    "yesterday": -1,
    "gestern": -1,
    "gisteren": -1,
    "hier": -1,
    "tomorrow": 1,
    "tmrw": 1,
    "tmr": 1,
    "demain": 1,
    r"morgen(?!\s+(?:um\s+\d+\s+)?früh\s+heute)": 1,
    "today": 0,
    "heute": 0,
    "aujourd'hui": 0,
    "vandaag": 0,
}

_DAYS = (
    ("monday", "mon", "montag", "mo", "lundi", "lun", "maandag", "ma"),
    ("tuesday", "tues", "tue", "dienstag", "di", "mardi", "mar", "dinsdag"),
    ("wednesday", "weds", "wed", "mittwoch", "mi", "mercredi", "mer", "woensdag", "wo"),
    ("thursday", "thurs", "thur", "thu", "donnerstag", "do", "jeudi", "jeu", "donderdag"),
    ("friday", "fri", "freitag", "fr", "vendredi", "ven", "vrijdag", "vr"),
    ("saturday", "sat", "samstag", "sonnabend", "sa", "samedi", "sam", "zaterdag", "za"),
    ("sunday", "sun", "sonntag", "so", "dimanche", "dim", "zondag", "zo"),
)
WEEKDAYS: dict[str, int] = {word: number for number, words in enumerate(_DAYS) for word in words}

_MONTHS = (
    ("january", "jan", "januar", "jänner", "janvier", "januari"),
    ("february", "feb", "februar", "février", "fevrier", "februari"),
    ("march", "mar", "märz", "maerz", "mrz", "mars", "maart"),
    ("april", "apr", "avril"),
    ("may", "mai", "mei"),
    ("june", "jun", "juni", "juin"),
    ("july", "jul", "juli", "juillet"),
    ("august", "aug", "août", "aout", "augustus"),
    ("september", "sep", "sept", "septembre"),
    ("october", "oct", "oktober", "okt", "octobre"),
    ("november", "nov", "novembre"),
    ("december", "dec", "dezember", "dez", "décembre", "decembre"),
)
MONTHS: dict[str, int] = {word: number for number, words in enumerate(_MONTHS, 1) for word in words}

#: Minutes of each unit of "in 3 days".
UNITS: dict[str, int] = {
    **dict.fromkeys(("minute", "minutes", "min", "mins", "minuten", "minuut"), 1),
    **dict.fromkeys(("hour", "hours", "h", "hr", "hrs", "stunde", "stunden", "heure", "heures", "uur"), 60),
    **dict.fromkeys(("day", "days", "tag", "tagen", "tage", "jour", "jours", "dag", "dagen"), 1440),
    **dict.fromkeys(("week", "weeks", "woche", "wochen", "semaine", "semaines", "weken"), 10080),
    **dict.fromkeys(("fortnight",), 20160),
}

#: part of the day -> (hour when none is said, whether it means today by itself)
PARTS_OF_DAY: dict[str, tuple[int, bool]] = {
    "tonight": (20, True),
    "vanavond": (20, True),
    "ce soir": (20, True),
    "heute abend": (20, True),
    "this evening": (19, True),
    "this afternoon": (15, True),
    "this morning": (10, True),
    "cet après-midi": (15, True),
    "(?:in the |am )?evening": (19, False),
    "(?:in the )?afternoon": (15, False),
    "(?:in the )?morning": (10, False),
    "am abend|abends?": (19, False),
    "am nachmittag|nachmittags?": (15, False),
    "vormittags?|früh": (10, False),
    "l'après-midi|après-midi": (15, False),
    "du soir|soir": (19, False),
    "du matin|matin": (10, False),
    "'s avonds|avond": (19, False),
    "'s middags|namiddag": (15, False),
    "ochtend": (10, False),
}

_NUMBERS = (
    ("one", "eins", "ein", "une"),
    ("two", "zwei", "deux", "twee"),
    ("three", "drei", "trois", "drie"),
    ("four", "vier", "quatre"),
    ("five", "fünf", "cinq", "vijf"),
    ("six", "sechs", "zes"),
    ("seven", "sieben", "sept", "zeven"),
    ("eight", "acht", "huit"),
    ("nine", "neun", "neuf", "negen"),
    ("ten", "zehn", "dix", "tien"),
    ("eleven", "elf", "onze"),
    ("twelve", "zwölf", "douze", "twaalf"),
)
_NUMBER: dict[str, int] = {word: number for number, words in enumerate(_NUMBERS, 1) for word in words}
_ANY = rf"(\d{{1,2}}|{'|'.join(_NUMBER)})"


def _hour(word: str) -> int:
    return min(int(word), 23) if word.isdigit() else _NUMBER[word]


def _before(word: str, minutes: int) -> tuple[int, int]:
    return (_hour(word) - 1) % 24, 60 - minutes


#: expressions of a clock time in words -> (hour, minute) of a match
CLOCK_WORDS: dict[str, Callable[[re.Match[str]], tuple[int, int]]] = {
    r"\b(?:at )?(?:noon|midday|mittags?|midi)\b": lambda _: (12, 0),
    r"\b(?:at )?(?:midnight|mitternacht|minuit|middernacht)\b": lambda _: (0, 0),
    rf"\b(?:at )?half past {_ANY}\b": lambda match: (_hour(match[1]), 30),
    rf"\b(?:at |um )?(?:a )?(?:quarter past|viertel nach|kwart over) {_ANY}\b": lambda match: (_hour(match[1]), 15),
    rf"\b(?:at |um )?(?:a )?(?:quarter to|viertel vor|kwart voor) {_ANY}\b": lambda match: _before(match[1], 15),
    rf"\b(?:um |om )?(?:halb|half) {_ANY}\b(?: uur| uhr)?": lambda match: _before(match[1], 30),
    rf"\b(?:at|um|om|à) ({'|'.join(_NUMBER)})\b(?: o'clock| uhr| uur| heures?)?": lambda match: (_hour(match[1]), 0),
}

NEXT_WORDS = frozenset(
    ("next", "this", "coming", "nächsten", "nächster", "kommenden", "diesen", "ce", "volgende", "komende", "deze")
)
PAST_WORDS = frozenset(("last", "past", "letzten", "vorigen", "afgelopen", "vorige"))

#: Words that mean nothing by themselves in a phrase of a time.
NOISE = frozenset(
    re.findall(
        r"\S+",
        "at on um am den der the le la om op à a of uhr uur and by please bitte gegen around about vers ab from local "
        "time clock o in this let s say so maybe sharp",
    )
)

#: Zones by the letters people write behind a time.
ZONES: dict[str, str] = {
    "UTC": "UTC",
    "GMT": "UTC",
    "Z": "UTC",
    "CET": "Europe/Berlin",
    "CEST": "Europe/Berlin",
    "MEZ": "Europe/Berlin",
    "MESZ": "Europe/Berlin",
    "BST": "Europe/London",
    "WET": "Europe/Lisbon",
    "EET": "Europe/Helsinki",
    "EEST": "Europe/Helsinki",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "ET": "America/New_York",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MST": "America/Denver",
    "MDT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "PT": "America/Los_Angeles",
    "JST": "Asia/Tokyo",
    "IST": "Asia/Kolkata",
}
