"""
Voices in plain words while a vote is open: "yes", "I'm for yes", "yes from me too", "sorry, I vote 1 March".

A bare line counts only where it is an option, or yes and no in other words; after *I vote* a part of an option does,
too, where that is clear. Leaves out ``#vote`` and ``+1`` (:mod:`ccm.reporter.votes`).
"""

import re

_LONGEST = 120  # characters of a line that is a voice
_BEFORE = r"^\W*(?:(?:oh|ah|hm+|well|so|and|but|ok|okay|then|sorry|no wait|wait|actually|hey|right|fine)\b[,.!: ]*)*"
_VOTE = (
    r"(?:i(?:'ll|'d| will| would| also| too| do)? vote(?:d|s)?(?: with)?|i(?:'m| am) (?:also )?voting|my (?:vote|voice)"
    r"(?: is| goes| would be|:)?|(?:put|count) me (?:down )?|vote:?|voting:?)(?: (?:for|to|as|in favou?r of))?:? "
)
_LEAN = (
    r"(?:i(?:'m| am|'d be| would be) (?:also |all |still |clearly )?(?:for|in favou?r of|with)|"
    r"i(?:'d| would|'ll| will)? (?:also )?(?:prefer|choose|pick|take|say|go (?:for|with))|"
    r"for me(?: it's)?|mine (?:is|goes to)|me too[,:]?|for|definitely|absolutely|clearly|also|another|a)[,:]? "
)
_AFTER = (
    r"(?:[\s,.!–-]+(?:from (?:me|my side|us|here)|for me|please|too|as well|also|here|to (?:that|this|it)|"
    r"i (?:think|say|guess|suppose)|of course|definitely|absolutely|thanks|thank you|then|again|me too|for sure|"
    r"it is|sir|everybody|all|(?:but|because|since|as|though|although)\b.{1,80}))*[\s.!)]*$"
)
_EXPLICIT = re.compile(rf"{_BEFORE}{_VOTE}(?P<what>\S.*)$", re.DOTALL)
_HEAD = re.compile(rf"{_BEFORE}(?:{_LEAN})?", re.DOTALL)
_TAIL = re.compile(_AFTER, re.DOTALL)
_SAME = {
    "+1": ("yes", "yeah", "yep", "yup", "aye", "in favour", "in favor", "i'm for it", "i am for it", "i'm in favour",
           "i'm in favor"),
    "-1": ("no", "nope", "nay", "nah", "against", "i'm against", "i am against", "i'm against it", "i am against it"),
    "0": ("abstain", "i abstain", "i'll abstain", "i will abstain", "i'm neutral", "abstention"),
}  # fmt: skip


def named(low: str, options: tuple[str, ...], *, plainly: bool = False) -> tuple[str, str]:
    """
    What a line votes for: the option's words or ``+1``, ``-1``, ``0``; and what it wants to vote for but is no option.

    :param low: lower case, without the name of the reporter.
    :param options: in lower case.
    :param plainly: only after *I vote* and the like.
    """
    if len(low) > _LONGEST or low.endswith("?"):
        return "", ""
    found = _EXPLICIT.match(low)
    if found is not None:
        what = _fit(found["what"], options) or _part(found["what"], options) or _same(found["what"])
        return (what, "") if what else ("", found["what"].strip(" .!,"))
    if plainly:
        return "", ""
    begin = _HEAD.match(low)
    rest = low[begin.end() :] if begin else low
    return _fit(rest, options) or _fit(low, options) or _same(rest) or _same(low.strip()), ""


def _fit(text: str, options: tuple[str, ...]) -> str:
    """The option with which a text begins, if what follows says nothing else."""
    bare = text.lstrip(" “”\"'*_(")
    for option in sorted(options, key=len, reverse=True):
        if bare.startswith(option) and _TAIL.match(bare[len(option) :].lstrip("”\"'*_")):
            return option
    return ""


def _part(text: str, options: tuple[str, ...]) -> str:
    """The one option that holds all these words: *March* of *1 March*."""
    words = set(re.findall(r"\w+", re.sub(r"^(?:the|for)\s+", "", text)))
    near = [option for option in options if words and words <= set(re.findall(r"\w+", option))]
    begun = [option for option in options if len(text.strip(" .!")) > 1 and option.startswith(text.strip(" .!"))]
    return near[0] if len(near) == 1 else begun[0] if len(begun) == 1 else ""


def _same(text: str) -> str:
    """``+1``, ``-1`` or ``0`` for yes, no and abstention in other words."""
    for voice, words in _SAME.items():
        if _fit(text, words):
            return voice
    return ""
