"""
What kind of remark a text is: its sentences, questions, small talk, commands to the reporter, statements of the type.

Works on lower-case text of the same length, with straight apostrophes, so that places in it are places in the original.
Leaves out what a remark says about an attribute (:mod:`ccm.reporter.attributes`).
"""

import re
from dataclasses import dataclass

from ccm.reporter.anchors import keys_of_pattern, keys_of_text, words_of
from ccm.reporter.templates import Templates

_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "`": "'", "\u00a0": " ", "\n": " ", "\t": " "})


def flat(text: str) -> str:
    """The text in lower case with plain quotes and spaces, of the same length."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    return lowered.translate(_STRAIGHT)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a remark: its place, its lower-case text, and the keys of its words."""

    start: int
    end: int
    low: str
    keys: set[str]


_STOP = re.compile(r"[.!?]+[\"')]*\s+|;\s+|\n")
_ABBREVIATION = re.compile(r"(?:\b(?:dr|mr|mrs|ms|prof|e\.g|i\.e|st|no|vs|ca|etc|approx|[a-z]))$")


def sentences(low: str, text: str) -> list[Sentence]:
    """The sentences of a remark (*low* is its flat text); a line break parts them too."""
    places: list[tuple[int, int]] = []
    place = 0
    for stop in _STOP.finditer(text):
        if text[stop.start()] == "." and _ABBREVIATION.search(low, max(0, stop.start() - 7), stop.start()):
            continue
        places.append((place, stop.end()))
        place = stop.end()
    places.append((place, len(text)))
    found: list[Sentence] = []
    for start, end in places:
        sentence = low[start:end].rstrip(" ;")
        if sentence and not sentence.isspace():
            found.append(Sentence(start, start + len(sentence), sentence, keys_of_text(words_of(sentence))))
    return found


_OPENING = re.compile(
    r"\W*(?:(?:so|and|but|ok|okay|well|right|then|now|also|plus|hmm+|oh|ah|aha|yes|yeah|yep|no|sure|actually|basically|"
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
    r"\W*(?:(?:so|and|but|ok|okay|well|right|then|also|plus|hmm+|oh|ah|yes|yeah|yep|sure|actually|basically|honestly|"
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


_ASKING = re.compile(
    r"^\W*(?:and |so |but |ok,? |well,? )?(?:who|whom|whose|what|which|where|when|why|how|is|are|do|does|did|can|could|"
    r"shall|should|would|will|has|have|any|anyone|anybody)\b"
)


def is_question(low: str) -> bool:
    """Whether a sentence asks."""
    return low.rstrip(" \"')").endswith("?")


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
    r"shall we|(?:\+|-)1|[:;]-?[)(dp]|\^+)(?:\W+|$))+(?:[\w-]+\W*)?$"
)
_PHATIC_START = re.compile(
    r"^\W*(?:sorry|apologies|excuse me|hello|hi|hey|good (?:morning|afternoon|evening|night)|morning|brb|bbl|afk|"
    r"lol|haha|"
    r"thanks|thank you|cheers|bye|see you|see ya|welcome|happy birthday|congrat|nice to|good to see|how are you|"
    r"i'm (?:here|back|late|running late|off|hungry|tired|on my phone|in a meeting|at home|so tired)|i am "
    r"(?:here|back|late|"
    r"hungry|tired)|be right back|back in|can (?:you|everyone|everybody|anyone) (?:hear|see|read)|let me (?:just )?"
    r"(?:get|grab|fetch|find|check|look|think|share)|give me (?:a|one|two)|one (?:moment|sec|minute)|i (?:have|"
    r"need|had) to "
    r"(?:go|leave|run|drop|step|pick up|take a call)|i must (?:go|leave|run)|my (?:mic|microphone|camera|"
    r"connection|internet|"
    r"wifi|cat|dog|kids?|son|daughter|wife|husband|phone|battery|laptop|train|bus|keyboard|headset|mother|neighbour))\b"
)
_CHIT_CHAT = re.compile(
    r"\b(?:coffee|tea|lunch|breakfast|dinner|snacks?|biscuits?|cookies?|cake|pizza|beers?|wine|pub|hungry|"
    r"weekend|weather|"
    r"rain(?:ing|ed|s)?|sunny|snow(?:ing|ed)?|sunshine|umbrella|match|football|soccer|match|goalkeeper|game|"
    r"movie|film|series|"
    r"netflix|holidays?|vacation|birthday|party|cats?|dogs?|kids?|baby|traffic|commute|train|bus|parking|bike|"
    r"sleep|slept|"
    r"tired|headache|cold|flu|sick|gym|yoga|haircut|shower|garden|music|song|concert|joke|funny|keyboard|microphone|"
    r"camera|headset|wifi|summer|christmas|xmas|easter|new year|friday feeling|sandwich|chocolate|doughnuts?|donuts?|"
    r"croissants?|jumper|sweater|window|photo|shoes|hair|tv|team scored|scored|won|lost)\b"
)
CHIT_CHAT_KEYS = keys_of_pattern(_CHIT_CHAT.pattern)
_PERSONAL = re.compile(
    r"\b(?:you|your|who else|us all|ya|such a|what a|so nice|love|hate|"
    r"i|i'm|i've|i'll|i'd|me|my|mine)\b"
)
_MYSELF = re.compile(r"\b(?:i|i'm|i've|i'll|me|my|mine)\b")


def is_phatic(low: str) -> bool:
    """Whether a remark only greets, thanks, agrees, laughs, or says that its author is here, late or hungry."""
    return (bool(_PHATIC.match(low)) and not _SUBSTANCE.search(low)) or bool(_PHATIC_START.match(low))


_SUBSTANCE = re.compile(r"\d|\b(?:people|users|staff|team|high|low|medium)\b")


def chit_chat(low: str, topical: str) -> int:
    """
    How much a sentence is talk of lunch, weather, cats and the like.

    :returns: 0 not at all, 1 a word of it, 2 a personal remark, 3 a remark about oneself.

    :param topical: lower-case text of what is already on record: words in it are the matter itself.
    """
    found = _CHIT_CHAT.search(low)
    if found is None or found[0] in topical:
        return 0
    if _MYSELF.search(low):
        return 3
    return 2 if _PERSONAL.search(low) else 1


# ---- what kind of discussion this is

_COMPOUND = (
    r"(?!\s+(?:managers?|plan|meeting|team|leads?|leader|report|page|file|room|folder|status|page|manager's|"
    r"office|group|"
    r"that (?:went|failed|i)|i (?:saw|read|did)))"
)


class TypeStatements:
    """Recognises sentences by which people say what kind of discussion this is."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        name = templates.type_name.pattern
        adjectives = r"(?:(?!not\b|no\b)[\w'-]+ ){0,3}?"
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
                rf"^(?:it|that|ours)(?:'s| is| will be| would be)(?: (?:really|clearly|actually|rather|just|"
                rf"basically|more|of|now|"
                rf"therefore|all|not an? \w+,? but))* {article} {adjectives}{name}(?=\W*$|,| called| named| about|"
                rf" and| of| for)",
                rf"\b(?:we|i|let's|let us|i'd|we'd|we're|we've|i've|i'm|i'll|we'll)\b(?: (?:would|want|need|have|"
                rf"will|are|am|should|"
                rf"can|could|got|to|must|going|like|all|here|now|just|also))* (?:start|begin|discuss|talk about|"
                rf"plan|planning|"
                rf"launch|propose|treat (?:this|it) as|writing (?:down|up)|write (?:down|up)|describing|filing|"
                rf"recording|specifying|defining|raising|proposing|launching|opening|make (?:this|it)|call "
                rf"(?:this|it)|open|set up|describe|"
                rf"file|record|specify|"
                rf"capture|consider|discussing|starting|found|founding|face|facing|raise|define|register|add|have|"
                rf"had|got|"
                rf"talking about|see (?:this|it) as|regard (?:this|it) as|think of (?:this|it) as|bring up|work "
                rf"on)(?: about)? "
                rf"(?:an?|our|another|this as an?) (?:new |small |big |little |joint |first |real |serious |major "
                rf"|possible )*"
                rf"{name}\b{_COMPOUND}",
                rf"\b(?:idea|plans?|proposal|concept|thinking|thought|dreaming|dream)\b.{{0,20}} (?:for|of|about|"
                rf"is|to start|to found) {article} "
                rf"{adjectives}{name}\b{_COMPOUND}",
                rf"^(?:what|all of this|all this|the thing|the topic|the matter|everything)\b.{{0,60}} is "
                rf"{article} {adjectives}{name}\W*$",
                rf"^(?:(?:type|kind|document type|discussion type)\s*[:=]\s*)?(?:an? |new |our )*{name}\s*[.!:]?$",
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
        if self._templates.type_keys.isdisjoint(sentence.keys) or is_question(low):
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


# ---- words to the reporter


def addressed(low: str, names: tuple[str, ...]) -> str:
    """What a remark says to the reporter, without its name, or ``""`` if it is not addressed to it."""
    for name in names:
        if name not in low:
            continue
        quoted = re.escape(name)
        begin = re.match(
            rf"^\W*(?:(?:hey|hi|hello|ok|okay|so|dear|please|and|now|thanks)[, ]+)*@?(?:chat "
            rf")?{quoted}\b\s*[,:;!.–—-]*\s*(.+)$",
            low,
        )
        if begin and not re.match(
            r"^(?:is|was|has|will|said|says|asked|did|does|records?|noted?|wrote|should|can't|keeps)\b", begin[1]
        ):
            return begin[1].strip(" ?.!")
        end = re.match(rf"^(.+?)(?:,\s*|\s+)(?:@|dear |mr |ms )?{quoted}\s*[.!?)]*$", low)
        if end and not re.search(r"\b(?:the|a|our|by|from|to|with|of)$", end[1]):
            return end[1].strip(" ,.!?")
        middle = re.match(rf"^(.+?),\s*@?{quoted}\s*,\s*(.+)$", low)
        if middle:
            return f"{middle[1]} {middle[2]}".strip(" ?.!")
    return ""


_PUBLISH = re.compile(
    r"^(?:(?:ok|okay|so|now|and|then|great|right|well|good|fine|alright|all right|i think|that's it|that's all|"
    r"thanks|yes|"
    r"please|could you|can you|would you|will you|you can|you may|i'd say|i'd like you to|we're done|let's|let us|"
    r"go ahead and|time to|it's time to|we can|we should|now|i'd like to|just|everybody happy\?|done)[,.:;!]*\s+)*"
    r"(?:publish|post|release)(?:\s+(?:this|it|that|now|the (?:\w+ )?(?:document|summary|page|report|minutes|"
    r"record|result|"
    r"discussion|outcome|conversation|whole thing|lot|\w+)|everything|all|what we have|please|then|as it is|anyway|"
    r"immediately|at once|right away|today|our \w+))*\W*(?:please|now|thanks|thank you|then)?\W*$"
)
_PUBLISH_NOW = re.compile(r"\b(?:now|anyway|as (?:it )?is|at once|immediately|right away|what we have)\b")


def asks_to_publish(said: str, to_reporter: bool) -> str:
    """``"publish"``, ``"publish now"`` or ``""``; plain imperatives count also when the reporter is not named."""
    if "publish" not in said and not (to_reporter and re.search(r"\b(?:post|release)\b", said)):
        return ""
    said = said.strip()
    if not _PUBLISH.match(said) or (
        not to_reporter and not re.search(r"\bpublish(?:\s+(?:this|it|now|the|that|everything|please)\b|\W*$)", said)
    ):
        return ""
    if not to_reporter and (said.startswith(("can ", "could ", "we should", "we can")) or is_question(said)):
        return ""
    return "publish now" if _PUBLISH_NOW.search(said) else "publish"
