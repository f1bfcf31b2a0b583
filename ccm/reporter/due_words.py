"""
Words in which people give due dates, made one language: ``bis nächsten Freitag`` becomes ``by next friday``.

:func:`plain` keeps for every plain word where it stood, so that a phrase can be quoted as it was typed. English,
German, French and Dutch; what a word means elsewhere (``fin``, ``over``) does no harm, because only whole
expressions count (:mod:`ccm.reporter.due_rules`). Leaves out what the expressions mean.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r"\S*://\S+|\S+@\S+|[#/]\w*[-/]?\d+|"
    r"\d{1,2}(?:[:.]\d\d)?\s?(?:am|pm|a\.m\b\.?|p\.m\b\.?|uhr|uur|o'clock)(?!\w)|\d{1,2}:\d\d(?!\d)|\d{1,3}h(?:\d\d)?(?!\w)|"
    r"20[2-9]\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?!\w)|\d{4}-w\d\d|"
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?|"
    r"\d+(?:\.\d+){3,}|v\d[\d.]*|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)(?!\d)|\d{1,2}[./]\d{1,2}\.?(?!\d)|"
    r"\d{1,2}[:h]\d\d|\d+(?:st|nd|rd|th|[eè]re?|[eè]me|er|e|ste|de)(?![^\W\d_])|\d+\.?|"
    r"['’]\d\d\b|[^\W\d_]+\d+|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\w\s]",
    re.IGNORECASE,
)


def _table(text: str) -> dict[str, str]:
    """``plain: word word …`` lines, the other way round; ``_`` in a word is a space."""
    found = {}
    for line in text.strip().splitlines():
        meaning, words = line.split(": ")
        found.update({word.replace("_", " "): meaning.strip() for word in words.split()})
    return found


_WORDS = _table("""
monday: monday mon mondays monady montag montags lundi maandag
tuesday: tuesday tues tue teusday tuesady tusday dienstag mardi dinsdag
wednesday: wednesday weds wed wendesday wensday wednsday wedensday wednesdy wedesday mittwoch mercredi woensdag
thursday: thursday thurs thur thu thurday thrusday thursady thusday donnerstag jeudi donderdag
friday: friday fri fridays firday frday friady freitag vendredi vrijdag
saturday: saturday sat saterday satuday samstag sonnabend samedi zaterdag
sunday: sunday sun sonntag dimanche zondag
january: january jan janury januray januar jaenner janner janvier janv januari
february: february feb febuary feburary febrary februar fevrier fevr februari
march: march mar marz maerz mrz mars maart mrt
april: april apr avril avr
may: may mai mei
june: june jun juni juin
july: july jul juli juillet juil
august: august aug aout augustus
september: september sep sept septemer setember septembre
october: october oct ocotber oktober okt octobre
november: november nov novembre novemeber novmber
december: december dec decmber decemeber dezember dez decembre
today: today 2day heute aujourd'hui aujourdhui ajd vandaag heut
tomorrow: tomorrow tomorow tommorow tommorrow tomorrrow tomrrow toomorrow tmrw tmr tmw demain morgen 2morrow
tonight: tonight vanavond tonite ce_soir heute_abend this_evening heute_nacht vannacht this_night
overmorrow: overmorrow ubermorgen uebermorgen overmorgen apres_demain day_after_tomorrow
today: heute_nachmittag heute_morgen heute_vormittag heute_mittag vanmiddag vanochtend cet_apres_midi this_afternoon
today: this_morning ce_matin ce_midi later_today
day: day days tage tagen jour jours dag dagen
weekday: business_day business_days working_day working_days workday workdays work_days work_day werktag werktage
weekday: werktagen arbeitstag arbeitstagen arbeitstage jours_ouvres jour_ouvre jours_ouvrables werkdagen werkdag bd
week: week weeks wks woche wochen semaine semaines weken week's weeks'
fortnight: fortnight fortnights quinzaine
month: month months monat monate monaten monats mois maand maanden month's
quarter: quarter quarters quartal quartals trimestre kwartaal
year: year years yr jahr jahre jahren jahres annee annees ans jaar year's
hour: hour hours hr hrs stunde stunden std heure heures uur uren
minute: minute minutes min mins minuten minuut
weekend: weekend wochenende week_end week-end
eod: eod cob eob cop end_of_biz end_of_day's_work end_of_business_hours end_of_day end_of_the_day end_of_today
eod: end_of_business end_of_play close_of_business close_of_play close_of_the_day end_of_working_day
eod: end_of_the_working_day end_of_the_business_day end_of_business_day end_of_my_day end_of_work ende_des_tages
eod: ende_des_arbeitstages feierabend tagesende fin_de_journee fin_de_la_journee einde_van_de_dag eind_van_de_dag
eod: einde_dag eind_dag eobd
eow: eow wochenschluss end_of_working_week
eom: eom monatsende maandeinde
eoq: eoq quarter_end quarter's_end end_of_quarter quartalsende
eoy: eoy jahresende jaareinde year_end year's_end
eom: month_end month's_end
eow: week's_end
by: by until till til untill deadline bis spatestens spaetestens fin_spatestens d'ici d'ici_a d'ici_au d'ici_le pour
by: avant avant_le au_plus_tard jusqu'a jusqu'au uiterlijk tegen tot due due_by due_on due_date no_later_than
by: not_later_than at_the_latest at_latest latest prior_to ahead_of bis_spatestens tot_en_met op_zijn_laatst vor_dem
before: before voor vor
within: within inside inside_of binnen innerhalb innert sous im_laufe dans_les
on: on am le op
for: for fur fuer
in: in dans im courant
at: at um
from: from ab vanaf starting a_partir_de as_of from_the
since: since seit depuis sinds ever_since
after: after nach apres na once
last: last letzte letzten letzter letzter dernier derniere vorige vorigen afgelopen vergangenen vergangene laatste
last: previous
ago: ago geleden il_y_a yesterday gestern hier gisteren
next: next nachste nachsten nachster nachstes naechste naechsten naechster nxt volgende
coming: coming upcoming kommende kommenden kommender kommendes prochain prochaine komende aanstaande eerstvolgende
coming: aankomende qui_vient
this: this diese diesen dieser dieses dies ce cet cette deze dit
following: following suivant suivante darauffolgenden
end: end ende fin eind einde last_day letzter_tag dernier_jour close eof
start: start beginning beginn anfang debut begin beginn aanvang the_start
mid: mid middle mitte mi medio midden mid-
early: early fruh vroeg
late: late later spat laat
half: half halbe halben halbes demi halve
the: the der die das den dem des le la les du de het l' d' een_the van von of_the of del our zum zur au aux
or: or oder ou
and: and und et en
to: to through thru à
one: a an one ein eine einem einen einer eines un une een single
2: two zwei zwo deux twee
3: three drei trois drie
4: four vier quatre
5: five funf fuenf cinq vijf
6: six sechs zes
7: seven sieben zeven
7 day: sept_jours huit_jours 8_jours
14 day: quinze_jours 15_jours
8: eight acht huit
9: nine neun neuf negen
10: ten zehn dix tien
12: twelve zwolf douze twaalf dozen
14: fourteen vierzehn quatorze veertien
15: fifteen funfzehn quinze vijftien
20: twenty zwanzig vingt twintig
30: thirty dreissig trente dertig
24: vierundzwanzig
48: achtundvierzig
couple: couple_of couple a_couple a_couple_of paar ein_paar een_paar zwei_drei deux_trois
few: few a_few several einige einigen mehrere quelques enkele some a_handful_of
first: first erste ersten erster premier premiere eerste
second: second zweite zweiten zweiter deuxieme tweede
third: third dritte dritten troisieme derde
fourth: fourth vierte vierten quatrieme vierde
next time: next_time nachstes_mal prochaine_fois volgende_keer
christmas: christmas xmas weihnachten noel kerst kerstmis x-mas christmas_day
christmas_eve: christmas_eve heiligabend heilig_abend reveillon kerstavond xmas_eve
new_year: new_year's_day new_year new_years new_year's neujahr nouvel_an nieuwjaar jour_de_l'an
new_years_eve: new_year's_eve new_years_eve silvester saint_sylvestre oudejaarsavond nye
thanksgiving: thanksgiving thanksgiving_day
black_friday: black_friday
boxing_day: boxing_day stephanstag zweiter_weihnachtstag tweede_kerstdag
easter: easter ostern paques pasen easter_sunday
halloween: halloween
valentine: valentine's_day valentine's valentinstag saint_valentin valentijnsdag
noon: noon midday lunch lunchtime mittag mittags midi middag
midnight: midnight mitternacht minuit middernacht
morning: morning morgens vormittag fruh matin ochtend forenoon am_morgen
afternoon: afternoon nachmittag apres-midi apres_midi namiddag
evening: evening night abend soir soiree avond
clock: uhr h u o'clock heures
pm: pm p_m
am: a_m
about: about around approximately roughly circa ca environ vers ungefahr etwa rond ongeveer maybe perhaps sometime
about: probably hopefully preferably ideally say latest_by like
cw: cw kw wk calendar_week kalenderwoche
meeting: meeting call sitzung treffen besprechung reunion seance vergadering overleg telecon standup stand-up
meeting: session sync appointment termin plenary catch-up meetup stand_up catch_up check-in
other_event: holidays holiday release launch ferien vacances vakantie vacation break conference konferenz workshop
other_event: demo review summit hackathon freeze sprint deadline_day urlaub exam exams semester term kickoff
other_event: kick-off spring summer autumn fall winter fruhling fruhjahr sommer herbst printemps ete automne hiver
other_event: lente zomer herfst feiertage feiertagen feestdagen fetes go-live go_live audit election elections
other_event: milestone deployment
asap: asap a.s.a.p as_soon_as_possible soonest des_que_possible zo_snel_mogelijk so_bald_wie_moglich
asap: so_schnell_wie_moglich sobald_wie_moglich baldmoglichst schnellstmoglich
""")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Without one of these, or a figure, there is no date.
TELLING = frozenset(meaning for meaning in _WORDS.values() if meaning not in (
    "by", "before", "within", "on", "for", "in", "at", "from", "since", "after", "last", "ago", "this", "following",
    "end", "start", "mid", "early", "late", "half", "the", "or", "and", "to", "one", "few", "first", "second", "third",
    "fourth", "about", "pm", "am", "clock",
))  # fmt: skip
_SHORT_DAYS = {
    "mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6, "ma": 0, "wo": 2, "vr": 4, "za": 5, "zo": 6,
}  # fmt: skip
_AFTER = frozenset(
    [
        "bis",
        "zum",
        "am",
        "kommenden",
        "nachsten",
        "spatestens",
        "diesen",
        "voor",
        "uiterlijk",
        "tegen",
        "op",
        "volgende",
        "komende",
        "tot",
    ]
)
_TOGETHER = re.compile(
    r"(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|"
    r"zondag|ubermorgen|overmorgen|morgen)(?:vormittag|nachmittag|mittag|abend|fruh|ochtend|middag|avond)$"
)
_WRITTEN_MONTH = re.compile(
    r"\d[-/](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-/]\d",
    re.IGNORECASE,
)
#: First word of several that belong together -> how many there may be.
_LONGEST: dict[str, int] = {}
for _key in _WORDS:
    _first, _, _more = _key.partition(" ")
    if _more:
        _LONGEST[_first] = max(_LONGEST.get(_first, 0), _more.count(" ") + 2)
_ELIDED = re.compile(r"^[ld]'(?=\w)")


@dataclass(frozen=True, slots=True)
class Plain:
    """
    A text in plain words.

    :ivar text: the words with one space between them.
    :ivar starts: where each of them begins in *text*.
    :ivar spans: where each of them stands in what was typed.
    """

    text: str
    starts: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]

    def typed(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of *text* stands in what was typed."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, max(start, end - 1)) - 1
        return self.spans[first][0], self.spans[last][1]


def plain(text: str) -> Plain:
    """A text in plain words; those that nobody uses for dates stay as they are."""
    tokens = []
    for found in _TOKEN.finditer(text):
        word = found[0]
        if word in "-–‐/" and _between_letters(text, found.start()):
            continue
        if word == "." and not _ends(text, found.start()):
            continue
        opaque = "://" in word or "@" in word or word[0] == "#" or (word[0] == "/" and len(word) > 1)
        tokens.append(("¤" if opaque else _fold(word), found.start(), found.end()))
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    place = 0
    while place < len(tokens):
        taken = _longest(tokens, place)
        first, last = tokens[place], tokens[place + taken - 1]
        joined = " ".join(word for word, _, _ in tokens[place : place + taken])
        before = tokens[place - 1][0] if place else ""
        hours = _CLOCK.match(joined)
        words.append(_clock(hours, words[-1] if words else "") if hours else _meaning(joined, before))
        spans.append((first[1], last[2]))
        place += taken
    starts, at = [], 0
    for word in words:
        starts.append(at)
        at += len(word) + 1
    return Plain(" ".join(words), tuple(starts), tuple(spans))


_CLOCK = re.compile(r"(?P<hour>\d{1,3})(?:[:.]\d\d)?\s?(?P<what>am|pm|a\.m|p\.m|uhr|uur|o'clock|h(?:\d\d)?|$)\.?$")


def _clock(found: re.Match[str], before: str) -> str:
    """A time of the day as ``t15``; hours that are counted stay hours."""
    hour, what = int(found["hour"]), found["what"]
    if not what and ":" not in found[0]:
        return found[0]
    if what == "h" and (hour > 24 or before in ("in", "within", "next", "over", "about", "the")):
        return f"{hour} hour"
    if hour > 24:
        return found[0]
    return f"t{hour + 12 if what.startswith('p') and hour < 12 else hour}"


@lru_cache(maxsize=8192)
def _fold(word: str) -> str:
    if word.isascii():
        return word.lower()
    low = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss").replace("’", "'"))
    return "".join(each for each in low if not unicodedata.combining(each)).replace("–", "-").replace("—", "-")


def _between_letters(text: str, place: int) -> bool:
    if not 0 < place < len(text) - 1:
        return False
    before, behind = text[place - 1], text[place + 1]
    return (before.isalpha() and behind.isalnum() and text[place] != "/") or (
        before.isalnum() and behind.isalnum() and bool(_WRITTEN_MONTH.search(text, max(0, place - 10), place + 10))
    )


def _ends(text: str, place: int) -> bool:
    """Whether a full stop ends a sentence: none of ``Nov. 27``, ``a.m.``."""
    return not re.match(r"\.\s*[\da-z.]", text[place : place + 4])


def _longest(tokens: list[tuple[str, int, int]], place: int) -> int:
    for length in range(min(_LONGEST.get(tokens[place][0], 0), len(tokens) - place), 1, -1):
        if " ".join(word for word, _, _ in tokens[place : place + length]) in _WORDS:
            return length
    return 1


def _meaning(word: str, before: str) -> str:
    if word in _SHORT_DAYS and before in _AFTER:
        return _DAYS[_SHORT_DAYS[word]]
    return _known(word)


@lru_cache(maxsize=8192)
def _known(word: str) -> str:
    known = _WORDS.get(word)
    if known is None:
        bare = _ELIDED.sub("", word)
        known = _WORDS.get(bare) or _WORDS.get(bare.removesuffix("'s"))
        if known and bare.endswith("'s") and bare not in _WORDS:
            known += "'s"
    if known is None and (joined := _TOGETHER.match(word)):
        known = _WORDS[joined[1]]
    return known or word
