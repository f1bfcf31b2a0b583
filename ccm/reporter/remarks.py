"""
What kind of remark a text is: its sentences, questions, small talk, commands to the reporter, statements of the type.

Works on lower-case text of the same length, with straight apostrophes, so that places in it are places in the original.
Leaves out what a remark says about an attribute (:mod:`ccm.reporter.attributes`).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from ccm.reporter.anchors import keys_of, keys_of_pattern
from ccm.reporter.likeness import KIND, STATED, statement_features, trained
from ccm.reporter.patterns import beginning
from ccm.reporter.templates import Templates

_STRAIGHT = (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"'), ("`", "'"), ("\u00a0", " "), ("\n", " "), ("\t", " "))


@lru_cache(maxsize=64)
def flat(text: str) -> str:
    """The text in lower case with plain quotes and spaces, of the same length."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered.replace("`", "'").replace("\n", " ").replace("\t", " ")
    if len(lowered) != len(text):
        lowered = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    for mark, plain in _STRAIGHT:  # several times as fast as one translation letter by letter
        lowered = lowered.replace(mark, plain)
    return lowered


class Sentence(NamedTuple):
    """One sentence of a remark: its place, lower-case text, the keys of its words, whether it asks."""

    start: int
    end: int
    low: str
    keys: set[str]
    asks: bool


_STOP = re.compile(r"[.!?;\n](?:(?<=[.!?])[.!?]*[\"')]*\s+|(?<=;)\s+|(?<=\n))")  # a mark first: found sooner
_ABBREVIATION = re.compile(r"(?:\b(?:dr|mr|mrs|ms|prof|e\.g|i\.e|st|no|vs|ca|etc|approx|[a-z]))$")


def sentences(low: str, text: str) -> list[Sentence]:
    """The sentences of a remark (*low* is its flat text); a line break parts them too."""
    ends: list[int] = []
    for stop in _STOP.finditer(text):
        first, end = stop.span()
        if text[first] != "." or not _ABBREVIATION.search(low, max(0, first - 7), first):
            ends.append(end)
    ends.append(len(text))
    found: list[Sentence] = []
    start = 0
    for end in ends:
        sentence = low[start:end].rstrip(" ;")
        if sentence and not sentence.isspace():
            found.append(Sentence(start, start + len(sentence), sentence, keys_of(sentence), is_question(sentence)))
        start = end
    return found


_OPENING = re.compile(
    r"\W*(?:(?:so(?! far\b)|and|but|ok|okay|well|right(?! now\b)|then|now|also|plus|hmm+|oh|ah|aha|yes|yeah|yep|no|sure|actually|basically|"
    r"honestly|i think(?: that)?|i'd say|i would say|i'd guess|i guess|i believe|i suppose|to me|for me|"
    r"in my (?:view|opinion|experience)|imo|imho|as i see it|as we know|as far as i (?:know|can tell)|afaik|"
    r"if you ask me|let's say|of course|clearly|obviously|for the record|one more thing|just to be clear|"
    r"first of all|to be clear|by the way|btw|personally|fwiw|again|finally|lastly|maybe|perhaps|probably|"
    r"apparently|remember|note that|don't forget(?: that)?|you know|look|listen|i mean|in fact|as for|in terms of|"
    r"as to|regarding|concerning|about|on|when it comes to|we (?:all )?(?:know|agree) that|good point|true|exactly|"
    r"agreed|i agree|thanks|great|good|fine|here's|here is|here are|let me add(?: that)?|i'd add(?: that)?|fyi|"
    r"another thing|anyway|as i said|like i said|@[\w.-]+|for|my|we have|i have|"
    r"and then)\b[,:!.]*\s+)*"
)
_HARMLESS_OPENING = re.compile(
    r"\W*(?:(?:so(?! (?:far|that|much|many|long|few|little)\b)|and|but|ok|okay|well|"
    r"right(?! (?:now|after|before|behind|next|at|in|on|beside|by|under|above|outside|inside)\b)|then|also|plus|hm+|oh|ah|"
    r"yes|yeah|yep|sure|actually|basically|honestly|anyway|"
    r"i think(?: that)?|i'd say|i would say|i guess|i believe|of course|btw|by the way|@[\w.-]+)\b[,:!.]*\s+)*"
)


def after_opening(low: str) -> int:
    """Where a sentence begins once words such as *so, well, as for* are passed over."""
    found = _OPENING.match(low)
    return found.end() if found else 0


def after_fillers(low: str) -> int:
    """The same for words without any weight of their own, which a quotation may leave out."""
    found = _HARMLESS_OPENING.match(low)
    return found.end() if found else 0


_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|can|could|should|shall|would|will|has|have|had|might|may|must|'s|'re|'d|isn't|aren't|"
    r"don't|doesn't|didn't|can't|couldn't|shouldn't|won't|wouldn't|hasn't|haven't)"
)
_UNMARKED_QUESTION = re.compile(
    r"^\W*(?:(?:and|so|but|ok|okay|well|then|hey|hm+|also|oh|btw|[\w.-]+,)[, ]+)*(?:"
    rf"(?:who|whom|where|when|why|how|what|which)(?: (?!(?:we|i|it|they|you|he|she|the|this|that|people)\b)[\w-]+){{0,3}}? ?{_AUXILIARY}\b|"
    r"(?:whos|whats|wheres|hows)\b|who of (?:us|you|them)\b|"
    r"(?:who|what) (?:knows|wants|needs|comes|goes|does|brings|happened|went wrong)\b|"
    r"(?:from|since|until|till|by|for|at|in|to) (?:when|where|whom|what|which)\b|how (?:come|about|far|many|much|long)\b|"
    r"(?:what|which) (?:kind|sort|type)s? of\b|why not\b|"
    rf"{_AUXILIARY} (?:anyone|anybody|somebody|someone|you|u|we|it|this|that|they|there|he|she|those|these|the|your|our|i)\b|"
    r"any(?:one|body)?(?: else)? (?:got|has|have|know|knows|seen|want|wants|up|in|idea|ideas|else|who|here|there|remember)\b)"
)
_STATED = re.compile(
    r"[:.!…]|, (?!then|though|exactly|please|guys)|^\W*(?:and |so |but )?(?:which|who|what|where|when|how)(?: (?:is|was|are|were)\b) "
    r"(?:that|why|how|because|what|when|where)\b|\b(?:is|are|was|were|would be|will be|might be|could be) .*\b(?:is|are|was|were|would be)\b|"
    r"^\W*(?:and |so |but )?(?:what|how|why|where|who|when) .+ (?:is|are|was|were|would be|will be) (?:that|the|a|an|our|to|[\w-]+ing)\b"
)


@lru_cache(maxsize=128)
def is_question(low: str) -> bool:
    """Whether a sentence asks; in a chat many do so without a mark."""
    bare = low.rstrip(" \"')")
    if bare.endswith("?"):
        return not _TAG.search(bare)
    return bool(_UNMARKED_QUESTION.match(bare)) and len(bare) < 90 and not _STATED.search(bare)


_TAG = re.compile(
    rf"^\W*(?:(?:so|and|then|but|ok|okay|well)\b\W*)*(?!{_AUXILIARY}\b|who|what|where|when|why|how|which)"
    r"(?:it|this|that|we|i|they|the|our)\b.+, ?(?:yes|yeah|right|ok|correct|agreed|no|isn't it|aren't we)\?$"
)


_PHATIC = re.compile(
    r"^\W*(?:(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|night|day|point|idea|question|one|job|work|"
    r"stuff|luck|bye|call)|morning|evening|welcome(?: back)?|greetings|thanks?|thank you|thx|ty|cheers|please|"
    r"ok(?:ay)?|"
    r"kk?|yes|yeah|yep|yup|no|nope|sure|right|exactly|indeed|true|agreed|agree|i agree|i see|got it|fine|great|nice|"
    r"cool|perfect|excellent|awesome|wow|lol|lmao|rofl|ha+|haha+|hehe+|hm+|hmm+|uh+|um+|oh+|ah+|oops|sorry|bye|goodbye|"
    r"see you|see ya|cu|ttyl|brb|bbl|afk|back|here|present|me too|same here|same|likewise|of course|absolutely|"
    r"definitely|sounds (?:good|great|fine|right|fair)|works for me|fair enough|makes sense|interesting|well "
    r"said|well done|"
    r"no problem|no worries|never mind|nevermind|you're welcome|go ahead|let me (?:think|see)|one (?:moment|"
    r"second|sec)|"
    r"just a (?:moment|second|sec)|hang on|hold on|wait|all|everyone|everybody|folks|there|guys|team|again|then|"
    r"now|too|"
    r"so|very much|a lot|for (?:that|coming|joining|your time)|later|tomorrow|next week|today|all right|alright|"
    r"that's (?:it|all|true|right|great|good|fine|funny|interesting)|it is|let's (?:go|start|begin|see|move on)|"
    r"moin|hallo|servus|tach|tschüss|ciao|danke(?: dir| euch| schön)?|bitte|gern(?:e)?|ja|nein|nee|genau|stimmt|passt|klar|prost|"
    r"mahlzeit|(?:guten?|schönen?) (?:morgen|tag|abend|nacht|feierabend|sonntag|urlaub|wochenende)|bis (?:morgen|dann|später|bald)|"
    r"shall we|(?:\+|-)1|[:;]-?[)(dp]|\^+)(?:\W+|$))+(?:[\w-]+\W*)?$"
)
_PHATIC_START = re.compile(
    r"^\W*(?:sorry|apologies|excuse me|hello|hi|hey|good (?:morning|afternoon|evening|night)|morning|brb|bbl|afk|"
    r"lol|haha|"
    r"thanks|thank you|cheers|bye|see you|see ya|welcome|happy birthday|congrat|nice to (?:see|meet|hear|be|have you)|good to see|how are you|"
    r"i'm (?:here|back|late|running late|off|hungry|tired|on my phone|in a meeting|at home|so tired)|i am "
    r"(?:here|back|late|"
    r"hungry|tired)|be right back|back in|can (?:you|everyone|everybody|anyone) (?:hear|see|read)|let me (?:just )?"
    r"(?:get|grab|fetch|find|check|look|think|share)|give me (?:a|one|two)|one (?:moment|sec|minute)|i (?:have|"
    r"need|had) to "
    r"(?:go|leave|run|drop|step|pick up|take a call)|i must (?:go|leave|run)|my (?:mic|microphone|camera|"
    r"connection|internet|"
    r"wifi|cat|dog|kids?|son|daughter|wife|husband|phone|battery|laptop|train|bus|keyboard|headset|mother|neighbour))\b"
)
_CHIT_CHAT_WORDS = (
    r"coffee|tea|lunch|breakfast|dinner|snacks?|biscuits?|cookies?|cake|pizza|beers?|wine|pub|hungry|"
    r"weekend|weather|"
    r"rain(?:ing|ed|s)?|sunny|snow(?:ing|ed)?|sunshine|umbrella|match|football|soccer|match|goalkeeper|game|"
    r"movie|film|series|"
    r"netflix|holidays?|vacation|birthday|party|cats?|dogs?|kids?|baby|traffic|commute|train|bus|parking|bike|"
    r"sleep|slept|"
    r"tired|headache|a cold|flu|sick|gym|yoga|haircut|shower|garden|music|song|concert|joke|funny|keyboard|microphone|"
    r"camera|headset|wifi|summer|christmas|xmas|easter|new year|friday feeling|sandwich|chocolate|doughnuts?|donuts?|"
    r"croissants?|sushi|mugs?|scarf|jacket|raincoat|theatre|cinema|dentist|aspirin|noise|"
    r"nephew|niece|grandma|grandpa|charger|jumper|sweater|window|photo|shoes|hair|tv|team scored|scored|won|lost"
)
CHIT_CHAT_KEYS = keys_of_pattern(rf"\b(?:{_CHIT_CHAT_WORDS})\b")
_CHIT_CHAT = beginning(*(rf"{word}\b" for word in re.split(r"\|(?![^()]*\))", _CHIT_CHAT_WORDS)))
_PERSONAL = beginning(
    r"your?\b", r"who else\b", r"us all\b", r"ya\b", r"such a\b", r"what a\b", r"so nice\b", r"love\b", r"hate\b",
    r"i\b", r"m(?:[ey]|ine)\b",
)  # fmt: skip


@lru_cache(maxsize=128)
def is_phatic(low: str) -> bool:
    """Whether a remark only greets, thanks, agrees, laughs, or says that its author is here, late or hungry."""
    return (bool(_PHATIC.match(low)) and not _SUBSTANCE.search(low)) or bool(_PHATIC_START.match(low))


_SUBSTANCE = re.compile(r"\d|\b(?:people|users|staff|team|high|low|medium)\b")


_PERSONAL_QUESTION = re.compile(
    r"\b(?:you|your|yours|you're|you've|my|me|mine|anyone|anybody|someone|somebody|everyone|everybody)\b|"
    r"^\W*(?:who|who's|who'd|who'll) (?:wants?|is|has|'s|took|ate|left|brought|forgot|needs?|likes?|else wants|would like|comes|"
    r"coming|joins?|made|got|can)\b"
)
_OF_THE_MATTER = re.compile(
    r"\byou (?:all |guys |two |both |by any chance |really |already |still |just )*(?:know|think|see|saw|notice|noticed|find|found|"
    r"say|saying|mean|remember|tell|describe|explain|call|introduce|identify|define|want|plan|need|hear|suggest|"
    r"propose|expect|put|go about|start|sell|serve|compete|have in mind|believe|do (?:it|this|that|about)|sum|mind)\b|"
    r"\b(?:anyone|anybody|someone|somebody) (?:know|remember|tell|describe|explain|introduce|hurt|injured|affected|involved|"
    r"else (?:do|does|offer|offers|sell|sells|doing)|do|say|see|an? idea)|"
    r"\byour (?:goal|aim|plan|idea|project|audience|competition|venture|story|status|users|customers|name for|view|opinion)\b|"
    r"\b(?:how|why|when|where|which \w+|what) did you (?!do\b|eat\b|watch\b|sleep\b|have\b)|"
    r"\btell me\b|\bwho(?:'s| is| are|'re) (?:it|this|that|the|our|we|they|these|affected|involved|responsible|using|concerned|"
    r"going to|for|in)\b|\bwho has (?:done|worked|experience|solved|seen)"
)


def strays(low: str) -> bool:
    """Whether a question is not of the matter but of those who are talking."""
    return bool(_PERSONAL_QUESTION.search(low)) and not _OF_THE_MATTER.search(low)


def chit_chat(low: str) -> int:
    """
    How much a sentence is talk of lunch, weather, cats and the like.

    :returns: 0 not at all, 1 a word of it, 2 a personal remark.
    """
    if _CHIT_CHAT.search(low) is None:
        return 0
    return 2 if _PERSONAL.search(low) else 1


# ---- what kind of discussion this is

_COMPOUND = (
    r"(?!\s+(?:managers?|plan|meeting|team|leads?|leader|report|page|file|room|folder|status|page|manager's|"
    r"office|group|"
    r"that (?:went|failed|i)|i (?:saw|read|did)))"
)


NOT_STATED = 80  # hundredths of log-odds
CONTENT = 150  # how much the content of a talk may count beside a sentence about its kind


class TypeStatements:
    """Recognises sentences by which people say what kind of discussion this is."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        name = templates.type_name.pattern
        adjectives = r"(?:(?!(?:not|no|in|of|on|for|to|with|at|from|by)\b)[\w'-]+ ){0,3}?"
        article = r"(?:an?|our|the|one|another|about an?|about our|about the|about some|about)"
        self._patterns = tuple(
            re.compile(text)
            for text in (
                rf"\b(?:this|this one|this here|this chat|this discussion|this conversation|this talk|this topic|today|"
                rf"what we(?:'re| are)? (?:have here|discuss|discussing|have|want|talk about|talking about|are "
                rf"planning))"
                rf"(?:'s| is| will be| would be| becomes| should be| sounds like| looks like| seems| feels like| "
                rf"counts as|"
                rf" concerns)(?: (?:really|clearly|actually|rather|just|going|to|be|like|basically|more|of|now|"
                rf"therefore|"
                rf"obviously|in fact|meant as|all|not an? \w+,? but(?: rather)?|no longer an? \w+,? but))* "
                rf"{article} {adjectives}{name}\b{_COMPOUND}",
                rf"^(?:it|that|ours)(?:'?s| is| will be| would be)(?: (?:really|clearly|actually|rather|just|"
                rf"basically|more|of|now|"
                rf"therefore|all|not an? \w+,? but))* {article} {adjectives}{name}(?=\W*$|,| called| named| about|"
                rf" and| of| for)",
                rf"\b(?:we|i|let'?s|let us|i'd|we'd|we're|we've|i've|i'm|i'll|we'll)\b(?: (?:would|want|need|have|"
                rf"will|are|am|should|"
                rf"can|could|got|to|must|going|like|all|here|now|just|also))* (?:start|begin|do|hold|run|discuss|talk about|"
                rf"plan|planning|"
                rf"launch|propose|treat (?:this|it) as|writing (?:down|up)|write (?:down|up)|write (?:this|it) (?:down|up) as|put (?:this|it) down as|want (?:this|it) down as|describing|filing|"
                rf"recording|specifying|defining|raising|proposing|launching|opening|make (?:this|it)|call "
                rf"(?:this|it)|open|set up|describe|"
                rf"file|record|specify|"
                rf"capture|consider|discussing|starting|found|founding|face|facing|raise|define|register|add|have|"
                rf"had|got|"
                rf"talking about|see (?:this|it) as|regard (?:this|it) as|think of (?:this|it) as|bring up|work "
                rf"on)(?: about)? "
                rf"(?:an?|our|another|this as an?) (?:new |small |big |little |joint |first |real |proper |serious |major |next |own |great |huge |current |main "
                rf"|possible )*"
                rf"{name}\b{_COMPOUND}",
                rf"^(?:here|there)(?:'s| is| comes| are)(?: also| now| then)? (?:an?|another|our|my|the) {adjectives}{name}\b{_COMPOUND}",
                rf"\b(?:has|have|had|got|brings?|wants?|needs?|starts?|proposes?|suggests?) an? (?:new |small |big |little |own |proper ){{1,2}}"
                rf"{name}(?: for (?:us|you|me|all)|\W|$)",
                rf"\b(?:idea|plans?|proposal|concept|thinking|thought|dreaming|dream)\b.{{0,20}} (?:for|of|about|"
                rf"is|to start|to found) {article} "
                rf"{adjectives}{name}\b{_COMPOUND}",
                rf"^(?:what|all of this|all this|the thing|the topic|the matter|everything)\b.{{0,60}} is "
                rf"{article} {adjectives}{name}\W*$",
                rf"^(?:(?:type|kind|document type|discussion type)\s*[:=]\s*)?(?:an? |new |our )*{name}"
                rf"(?: indeed| then| it is| for sure| definitely| clearly| of course)*\s*[.!:]?$",
                rf"^(?:an? |new |our )*{name}, ",
                rf"^(?:an? |the |another )?new {name} (?:has |have |just )*(?:came|come|arrived|landed)\b",
                rf"^(?:type|kind|document type|new)\s*[:=]?\s+{name}\s*[:.!]",
                rf"^(?:the|our|this|my) (?:new )?{name}(?: idea| plan)?(?:\s*:| (?:is|was|will|should|needs?|aims|"
                rf"runs|would|has|we)\b|'s (?:name|goal|"
                rf"aim|audience|status|story|priority|competition)| (?:name|goal|aim|audience|status|story|"
                rf"priority) (?:is|:))",
                rf"\b(?:turned into|has become|became|turn (?:this|it) into|make (?:this|it)) {article} "
                rf"{adjectives}{name}\b{_COMPOUND}",
            )
        )

    def type_of(self, sentence: Sentence) -> tuple[str, int]:
        """The key of the type that a sentence states, or ``""``, and where in the sentence that statement ends."""
        low = sentence.low
        if not self._may_state(sentence):
            return "", 0
        start = after_fillers(low)
        bare = low[start:]
        for pattern in self._patterns:
            found = pattern.search(bare)
            if found:
                type_ = self._templates.type_of(re.sub(r"\s+", " ", found[1]))
                if type_ != "meeting" or pattern is self._patterns[0]:
                    return type_, start + found.end(1)
        return "", 0

    def _may_state(self, sentence: Sentence) -> bool:
        """Whether a sentence has a type's word at all: seven in ten of those with its first letters have not."""
        if sentence.asks or self._templates.type_keys.isdisjoint(sentence.keys):
            return False
        return self._templates.type_name.search(sentence.low) is not None

    def likely(self, sentence: Sentence, content: Callable[[], dict[str, int]]) -> tuple[str, int]:
        """
        The same as the model sees it, for sentences of which no pattern is sure.

        :param content: tells how much what was said so far is like each type (:func:`ccm.reporter.likeness.of_talk`).
        """
        low, model = sentence.low, trained()
        if not self._may_state(sentence) or not model.knows(KIND):
            return "", 0
        named = statement_features(low, self._templates)
        like = content() if named else {}
        scored = [
            (model.scores(KIND, seen)[STATED] + max(-CONTENT, min(CONTENT, like.get(key, 0) // 2)), key)
            for key, seen in named
        ]
        score, key = max(scored, default=(NOT_STATED, ""))
        return (key, len(low)) if score > NOT_STATED else ("", 0)

    def named(self, low: str) -> set[str]:
        """The types whose word is said in it, in whatever way."""
        return {self._templates.type_of(re.sub(r"\s+", " ", m[0])) for m in self._templates.type_name.finditer(low)}
