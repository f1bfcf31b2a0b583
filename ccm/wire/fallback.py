"""
What of a message's body its author wrote, without what only stands there for clients that do not know replies
(XEP-0428 0.2.2 Fallback Indication, XEP-0461 0.2 §3.1; characters are counted as XEP-0426 has it). Leaves out subjects
and fallbacks for anything else.
"""

from twisted.words.xish.domish import Element

from ccm import namespaces as ns


def own_words(message: Element, body: str) -> str:
    """The body without the quotation that a reply brings along; all of it where nothing is marked, or nothing left."""
    if not any(reply.getAttribute("id") for reply in message.elements(ns.REPLY, "reply")):
        return body
    spans = [span for each in message.elements(ns.FALLBACK, "fallback") for span in _spans(each, len(body))]
    if not spans:
        return body
    start, end = spans[0]  # a quotation stands in one place
    own = body[:start] + body[end:]
    return own if own.strip() else body


def _spans(fallback: Element, size: int) -> list[tuple[int, int]]:
    if fallback.getAttribute("for") != ns.REPLY:
        return []
    spans = []
    for child in fallback.elements():
        start, end = child.getAttribute("start") or "", child.getAttribute("end") or ""
        if child.name != "body" or not (start.isascii() and start.isdigit() and end.isascii() and end.isdigit()):
            continue  # a fallback that is all of the body would leave nothing to read
        if len(start) < 8 and len(end) < 8 and int(start) < int(end) <= size:
            spans.append((int(start), int(end)))
    return spans
