"""
The words of a remark that can name a topic, as they were written.

Fillers, adverbs, addresses, code and names are none. Works on English; leaves out any other grammar than the places in
which verbs stand.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from ccm.reporter.remarks import flat

Term = tuple[str, ...]  # one stem, or two that stand together

FILLERS = (
    "about above absolutely accept according ack across actually add added address afaict afaik afk after afternoon "
    "again against agenda ago agree aha all almost already also alternative although always amazing among amount and "
    "another answer any anybody anyone anything anyway apologies apparently appreciate approach april are aren argue "
    "around ask asked assume attempt august aware away awesome back bad based basically basis because become been "
    "before begin beginning being believe beside best better between big bit both brb bring brought btw build built "
    "but bye call can cannot cant care case cause certainly chair chance change check cheers clear come coming "
    "comment common comparing completely concern congrats consider considered continue cool correct could couldn "
    "couple course create curious currently cuz cya day deal dear december decide decision definitely depend details "
    "did didn didnt different directly disagree discuss discussed does doesn doesnt doing don done dont down due "
    "dunno during each earlier early easier easy effort eight either else email end enough entire equal especially "
    "essentially etc even ever every everybody everyone everything everytime exactly example excellent except excuse "
    "exist expect explain extra fact fair false far fast favor february feel few fine first five fix fixed folks for "
    "found four friday from full fully fun funny further fyi gave general get getting give given glad goes going "
    "gonna good got gotcha gotta great guess guy had haha half hand happen happy hard has have haven having hear "
    "heard heh hehe hello help hence her here hey high hii him himself his hmm hmmm hope hopefully horrible hour how "
    "however huge hundred idea idk iirc imho imo important include indeed information inside instance instead "
    "interest into isn isnt issue item its itself ive january july jump june just keep kind kinda knew know known "
    "large last late later latest least left less let level like line link list little lmao lol long look lot lower "
    "made main major make making many matter may maybe mean meantime meeting mention mentioned message middle might "
    "mind minute missing moment monday month more morning most move moved moving much must myself nah name nearly "
    "necessary need never new next nice night nine nobody none nope nor normal not note noted nothing notice november "
    "now number nvm obviously october ofc off often okay okey old once one only onto open opinion option order other "
    "otherwise our ourselves out outside over own part particular pass past people per perfect performed perhaps "
    "person personally pick ping place plan planned playing please pls plus plz point possible possibly post ppl "
    "prefer present pretty previous primarily probably problem propose provide put question queue quick quite quote "
    "raise rather reach read ready really reason reasonable recent reference regarding related relevant remember "
    "reply result return right room rrsagent running sad said sake same saturday saves saw say saying scribe second "
    "section see seem seen send sense sent september series set setting seven several shall share she short should "
    "shouldn show side similar simple simplest simply since situation six slow small solution solve some somebody "
    "someone something sometimes somewhat somewhere soon sorry sort sorta sounds speak specific start step stick "
    "still stop story strong stuff such suggest sunday super suppose sure take taken taking talk tbh tell ten term "
    "terrible test than thank that the their them themselves then there therefore these they thing think third this "
    "tho those though thought thread three through thursday thus thx till time title today together told tomorrow too "
    "took top topic total toward tried true try trying ttyl tuesday turn two type typically under understand unless "
    "until upon use used using usual value version versus very via wait wanna want was wasn way wednesday week weird "
    "welcome well went were weren what whatever when where whereas whether which while who whoever whole why will "
    "wish with within without won wonder wonderful wondering wont word work worse worst worth would wouldn wow write "
    "written wrong wrote yay yea yeah year yep yes yesterday yet you your yourself yup zakim"
    " huh mm mmm mhm uhm oooh oops http https www initial subsequent confusing giving ugly oh lunch sir madam guess "
    "alright ahead along useful implies extent fancy "
    "available future mm-hmm uh-huh thirty twenty forty fifty dollars percent hello gentlemen ladies"
)
_WORD = re.compile(r"\w+(?:['’-]\w+)*|\S")
_MARK = re.compile(r"[@/\\=<>{}$`:\[]|www\.")
_NOT_WORDS = re.compile(r"`[^`]*`|(?<!\S)(?=\S*(?:[@/\\=<>{}$]|www\.))\S+|^\s*(?:[\w|^-]+:|[\[<][^\]>\s]+[\]>])(?=\s)")
_ENDING = re.compile(r"(?<=\w{4})(?:ations?|ings?|ions?|ment|ers?|ed|es|s|ly|e)$|(?<=\w{3})s$")
_FILLERS = frozenset(_ENDING.sub("", word)[:7] for word in FILLERS.split())
_BEFORE_A_VERB = re.compile(
    r"(?:to|i|we|you|they|s?he|who|would|can|could|should|must|may|might|not|just|also|\w+n't|let's|\w+'(?:ll|d))$"
)


class Word(NamedTuple):
    """A word or mark: as written, its stem or ``""`` for one that tells nothing, whether verbs stand after it."""

    text: str
    stem: str
    before_verb: bool


def words_of(text: str) -> list[Word]:
    """The words and marks of a remark, without addresses, code and the name to which it is said."""
    return list(map(_word, _WORD.findall(_NOT_WORDS.sub(" . ", text) if _MARK.search(text) else text)))


def stems_of(name: str) -> set[str]:
    """What words have that mean somebody of that name."""
    return {_word(part.strip("_-0123456789")).stem for part in _WORD.findall(name)}


def stem_of(word: str) -> str:
    """What a word has in common with its other forms; ``""`` for one that tells nothing."""
    return _word(word).stem


@lru_cache(maxsize=20_000)
def is_verbal(word: str) -> bool:
    """Whether verbs stand after it."""
    return _word(word).before_verb


def terms_of(remark: Sequence[Word], people: set[str]) -> dict[Term, None]:
    """The stems of a remark, and pairs of them that stand together, in order."""
    terms: dict[Term, None] = {}
    last = ""
    for _, stem, _ in remark:
        if not stem or stem in people:
            last = ""
            continue
        terms[(stem,)] = None
        if last and last != stem:
            terms[(last, stem)] = None
        last = stem
    return terms


def verbs_of(remark: Sequence[Word]) -> list[str]:
    """The stems of a remark that stand where verbs do."""
    return [stem for (_, _, before_verb), (_, stem, _) in pairwise(remark) if before_verb and stem]


@lru_cache(maxsize=20_000)
def _word(text: str) -> Word:
    low = flat(text)
    bare = low.split("'", 1)[0]
    stem = _ENDING.sub("", bare)[:7]
    tells = len(bare) > 2 and bare[0].isalpha() and stem not in _FILLERS and not low.endswith("ly")
    return Word(text, stem if tells else "", bool(_BEFORE_A_VERB.match(low)))
