"""
The words by which people name days and hours, in English, German, French and Dutch, for :mod:`ccm.components.when`.

All are folded as :func:`fold` does: lower case, without accents. Keys of mappings that are searched in text are
regular expressions; longer ones stand before shorter ones that they contain. Numbers in words have become digits.
"""

import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\S+", text))


NOW_WORDS = frozenset(
    (
        "now",
        "right now",
        "straight away",
        "right away",
        "immediately",
        "jetzt",
        "sofort",
        "jetzt gleich",
        "maintenant",
        "tout de suite",
        "immediatement",
        "nu",
        "nu meteen",
        "meteen",
    )
)

DAY_OFFSETS: dict[str, int] = {
    "the day after tomorrow|day after tomorrow|ubermorgen|uebermorgen|apres-demain|apres demain|overmorgen": 2,
    "yesterday|gestern|gisteren|hier": -1,
    "vorgestern|eergisteren|avant-hier": -2,
    "tomorrow|tomorow|tommorow|tommorrow|tmrw|tmr|tmw|demain|morgen": 1,
    "today|2day|heute|aujourd'hui|aujourdhui|ajd|vandaag": 0,
}

_ANY_LANGUAGE = (
    ("monday", "mondays", "mon", "montag", "montags", "lundi", "maandag"),
    ("tuesday", "tues", "tue", "dienstag", "mardi", "dinsdag"),
    ("wednesday", "weds", "wed", "mittwoch", "mercredi", "woensdag"),
    ("thursday", "thurs", "thur", "thu", "donnerstag", "jeudi", "donderdag"),
    ("friday", "fri", "freitag", "vendredi", "vrijdag"),
    ("saturday", "sat", "samstag", "sonnabend", "samedi", "zaterdag"),
    ("sunday", "sun", "sonntag", "dimanche", "zondag"),
)
_SHORT: dict[str, tuple[str, ...]] = {
    "de": ("mo", "di", "mi", "do", "fr", "sa", "so"),
    "nl": ("ma", "di", "wo", "do", "vr", "za", "zo"),
    "fr": ("lun", "mar", "mer", "jeu", "ven", "sam", "dim"),
    "en": (),
}
_WEEKDAYS = {word: number for number, words in enumerate(_ANY_LANGUAGE) for word in words}


def weekdays(language: str) -> dict[str, int]:
    """Names of the days, Monday being 0, with the short ones of that language."""
    return {**_WEEKDAYS, **{word: number for number, word in enumerate(_SHORT.get(language, ()))}}


_MONTHS = (
    ("january", "jan", "januar", "janner", "jaenner", "janvier", "janv", "januari"),
    ("february", "feb", "februar", "fevrier", "fevr", "februari"),
    ("march", "mar", "marz", "maerz", "mrz", "mars", "maart", "mrt"),
    ("april", "apr", "avril", "avr"),
    ("may", "mai", "mei"),
    ("june", "jun", "juni", "juin"),
    ("july", "jul", "juli", "juillet", "juil"),
    ("august", "aug", "aout", "augustus"),
    ("september", "sep", "sept", "septembre"),
    ("october", "oct", "oktober", "okt", "octobre"),
    ("november", "nov", "novembre"),
    ("december", "dec", "dezember", "dez", "decembre"),
)
MONTHS: dict[str, int] = {word: number for number, words in enumerate(_MONTHS, 1) for word in words}

#: Minutes of each unit of "in 3 days"; months are counted apart.
UNITS: dict[str, int] = {
    **dict.fromkeys(("minute", "minutes", "min", "mins", "minuten", "minuut", "minuutjes", "mn"), 1),
    **dict.fromkeys(("hour", "hours", "h", "hr", "hrs", "std", "stunde", "stunden", "stdn", "heure", "heures"), 60),
    **dict.fromkeys(("uur", "uren", "uurtje", "u"), 60),
    **dict.fromkeys(("day", "days", "tag", "tagen", "tage", "jour", "jours", "dag", "dagen"), 1440),
    **dict.fromkeys(("week", "weeks", "wk", "wks", "woche", "wochen", "semaine", "semaines", "weken"), 10080),
    **dict.fromkeys(("fortnight",), 20160),
}
MONTH_UNITS = frozenset(("month", "months", "monat", "monaten", "monate", "mois", "maand", "maanden"))

#: part of the day -> (hour when none is said, whether it means today by itself)
PARTS_OF_DAY: dict[str, tuple[int, bool]] = {
    "tonight|this evening|this night|vanavond|ce soir|heute abend|heut abend": (20, True),
    "this afternoon|cet apres-midi|cet apres midi|cette apres-midi|heute nachmittag|vanmiddag": (15, True),
    "this morning|ce matin|heute morgen|heute fruh|heute vormittag|vanochtend|vanmorgen": (10, True),
    "heute mittag|ce midi": (12, True),
    "(?:in the |in de |am |de l'|l'|dans l'|'s )?(?:afternoon|nachmittags?|apres-?midi|apres midi|(?:na)?middags?)": (
        15,
        False,
    ),
    "(?:in the |am |du |le |dans la |'s |in de )?(?:evening|abends?|soiree|soir|avonds?)": (19, False),
    "(?:in the |am |du |le |dans la |'s |in de )?(?:vormittags?|mornings?|matinee|matin|ochtends?|fruhs?)": (10, False),
    "'s morgens|morgens": (10, False),
}

_WORDED: tuple[tuple[str, ...], ...] = (
    ("one", "eins"),
    ("two", "zwei", "zwo", "deux", "twee"),
    ("three", "drei", "trois", "drie"),
    ("four", "vier", "quatre"),
    ("five", "funf", "fuenf", "cinq", "vijf"),
    ("six", "sechs", "zes"),
    ("seven", "sieben", "zeven"),
    ("eight", "acht", "huit"),
    ("nine", "neun", "neuf", "negen"),
    ("ten", "zehn", "dix", "tien"),
    ("eleven", "elf", "onze"),
    ("twelve", "zwolf", "zwoelf", "douze", "twaalf"),
    ("thirteen", "dreizehn", "treize", "dertien"),
    ("fourteen", "vierzehn", "quatorze", "veertien"),
    ("fifteen", "funfzehn", "fuenfzehn", "quinze", "vijftien"),
    ("sixteen", "sechzehn", "seize", "zestien"),
    ("seventeen", "siebzehn", "dix-sept", "zeventien"),
    ("eighteen", "achtzehn", "dix-huit", "achttien"),
    ("nineteen", "neunzehn", "dix-neuf", "negentien"),
    ("twenty", "zwanzig", "vingt", "twintig"),
    ("twenty-one", "einundzwanzig", "vingt et une", "vingt et un", "eenentwintig"),
    ("twenty-two", "zweiundzwanzig", "vingt-deux", "tweeentwintig"),
    ("twenty-three", "dreiundzwanzig", "vingt-trois", "drieentwintig"),
    ("twenty-four", "vierundzwanzig", "vingt-quatre", "vierentwintig"),
)
_NUMBERS: dict[str, int] = {
    **{word: number for number, words in enumerate(_WORDED, 1) for word in words},
    **dict.fromkeys(("thirty", "dreissig", "trente", "dertig"), 30),
    **dict.fromkeys(("forty", "vierzig", "quarante", "veertig"), 40),
    **dict.fromkeys(("forty-five", "funfundvierzig", "quarante-cinq", "vijfenveertig"), 45),
    **dict.fromkeys(("fifty", "funfzig", "cinquante", "vijftig"), 50),
    **dict.fromkeys(("ninety", "neunzig", "quatre-vingt-dix", "negentig"), 90),
}
_WORD_NUMBERS = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})(?![\w-])")
_SEPT = re.compile(r"(?<![\w-])sept(?= (?:heures?|h|jours?|minutes?)\b)")

#: "first monday of december": which one; -1 is the last.
NTH: dict[str, int] = {
    **dict.fromkeys(("first", "1st", "1er", "premier", "erster", "ersten", "erste", "eerste", "1e", "1."), 1),
    **dict.fromkeys(("second", "2nd", "2e", "2eme", "deuxieme", "zweiter", "zweiten", "tweede", "2."), 2),
    **dict.fromkeys(("third", "3rd", "3e", "3eme", "troisieme", "dritter", "dritten", "derde", "3."), 3),
    **dict.fromkeys(("fourth", "4th", "4e", "4eme", "quatrieme", "vierter", "vierten", "vierde", "4."), 4),
    **dict.fromkeys(("last", "letzter", "letzten", "laatste", "dernier"), -1),
}

#: Before or behind a weekday: the one to come, whichever week that is in.
THIS_WORDS = _words(
    "aankomende aanstaande am ce cet coming deze diesen dieser dit komende kommenden kommender this upcoming"
)
#: The one to come, or the one of the week after: people differ.
NEXT_WORDS = _words("nachste nachsten nachster naechsten naechster next prochain prochaine volgende")
PAST_WORDS = _words("afgelopen dernier derniere last letzten letzter past vergangenen vorige vorigen")
NEXT_WEEK = re.compile(
    r"\b(?:(?:of |in )?(?:the )?next week|(?:in der |der )?(?:nachste[rn]?|naechste[rn]?|kommende[rn]?) woche|"
    r"(?:de )?la semaine prochaine|(?:in de )?(?:volgende|komende) week)\b"
)
THIS_WEEK = re.compile(r"\b(?:this week|diese[r]? woche|cette semaine|deze week)\b")

#: Words that mean nothing by themselves in a phrase of a time.
NOISE = _words(
    "a ab about alors alsjeblieft alstublieft am and approx around at aub be beginn begins bitte by ca can "
    "circa clock d dan dann de dem den der dir do du e environ etwa euch exactly from gegen geht h het heure "
    "how il im in is ist je jij jullie kan l la le les let local locale lokale maybe meet meeting my o of om "
    "on op op- ortszeit our pas passt pile please pourquoi punkt qu'est-ce rond s say schikt se shall sharp "
    "so start starting stp svp the then this tijd time uhr um ungefahr uur vers voit voyons ware we werktijd "
    "what wie would zeit zum zur"
)

#: Parts of the day written together with a day: ``dienstagnachmittag``, ``morgenavond``.
_TOGETHER = re.compile(
    r"\b(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|maandag|dinsdag|woensdag|donderdag|vrijdag|"
    r"zaterdag|zondag|overmorgen|ubermorgen|morgen|heute)"
    r"(morgen|vormittag|nachmittag|mittag|abend|fruh|ochtend|middag|namiddag|avond)\b"
)
_DAY_MORNING = re.compile(
    r"\b(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|maandag|dinsdag|woensdag|donderdag|vrijdag|"
    r"zaterdag|zondag|\d\.|januar|februar|marz|april|mai|juni|juli|august|september|oktober|november|dezember)"
    r" morgen\b"
)


def fold(text: str) -> str:
    """Lower case, no accents, plain dashes and quotes, numbers as digits, one space between words."""
    text = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    text = "".join(each for each in text if not unicodedata.combining(each))
    text = re.sub(r"[‐-―−]", "-", text)
    text = re.sub(r"[’‘`´]", "'", text)
    text = re.sub(r"(\d),(\d{1,2}) ?(?=h|std|stunde|hour|uur|heure)", r"\1.\2 ", text)
    text = re.sub(r"[,;!?\"“”„«»]+", " ", text)
    text = re.sub(r"(?<!\d)\.(?=\s|$)(?<!\bm\.)", " ", text)
    text = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text)
    text = re.sub(r"(?<=\d)(\s?[ap]m)?-?\s?ish\b", r"\1", text)
    text = re.sub(r"(?<=\d:\d\d):00\b", "", text)
    text = re.sub(r"\bmid-?day\b", "noon", text)
    text = _TOGETHER.sub(r"\1 \2", text)
    text = _DAY_MORNING.sub(r"\1 fruh", text)
    text = _SEPT.sub("7", text)
    text = _WORD_NUMBERS.sub(lambda match: str(_NUMBERS[match[0]]), text)
    text = re.sub(r"^\s*(.*?)\s+(?:from now|ab jetzt|vanaf nu)\b", r"in \1", text)
    return " ".join(text.split())
