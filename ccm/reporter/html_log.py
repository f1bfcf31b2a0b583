"""
A document's topics, links, people and conversation as HTML.

The conversation is folded; each message has its anchor. Leaves out items (:mod:`ccm.reporter.html_items`).
"""

from ccm.reporter import log_words, wording
from ccm.reporter.document_shape import Document, Line, Topic
from ccm.reporter.html_text import escaped, rich, side_note, to_log
from ccm.reporter.rendering import anchor, clock, is_file, is_safe


def topics(document: Document) -> str:
    """In the order of the agenda; nothing where there is none."""
    if not document.topics:
        return ""
    some_planned = any(topic.planned for topic in document.topics)
    rows = "".join(_topic(topic, some_planned, document) for topic in document.topics)
    note = f"<p>{wording.FOUND}</p>" if any(topic.status == "found" for topic in document.topics) else ""
    return f'<section id="topics"><h2>Topics</h2>{note}<ol>{rows}</ol></section>\n'


def _topic(topic: Topic, some_planned: bool, document: Document) -> str:
    numbers = {item.number: item.id for item in (*document.actions, *document.decisions, *document.questions)}
    details = [escaped(fact) for fact in wording.topic_facts(topic, some_planned)]
    details += [f'<a href="#{escaped(numbers[n])}">{escaped(n)}</a>' for n in topic.items if n in numbers]
    spans = "".join(f"<span>{detail}</span>" for detail in details)
    told = "".join(
        f"<span>{rich(sentence.text)} {to_log(sentence.sources, document)}</span>" for sentence in topic.narrative
    )
    meta = f'<div class="meta">{spans}</div>' if spans else ""
    told = f'<div class="told">{told}</div>' if told else ""
    note = side_note(document, "", topic.at, topic.source, "")
    return f'<li class="line"><p>{escaped(topic.title)}</p>{meta}{told}{note}</li>'


def files(document: Document) -> str:
    """Links, then files."""
    if not document.links:
        return ""
    pages = [link for link in document.links if not is_file(link.url)]
    others = [link for link in document.links if is_file(link.url)]
    rows = "".join(
        f'<li class="line"><p>{rich(link.url) if is_safe(link.url) else escaped(link.url)} {escaped(link.title)}</p>'
        f"{side_note(document, link.by, link.at, link.source, '')}</li>"
        for link in (*pages, *others)
    )
    title = "Links and files" if others and pages else "Files" if others else "Links"
    return f'<section id="links"><h2>{title}</h2><ul>{rows}</ul></section>\n'


def people(document: Document) -> str:
    """Who was there, who was asked to come, who did not, and when they meet next."""
    rows = [("Present", ", ".join(document.present) or "nobody")]
    rows += [("Invited", ", ".join(document.invited))] if document.invited else []
    rows += [("Absent", ", ".join(document.absent))] if document.absent else []
    words = " ".join(f"{label}: {escaped(names)}." for label, names in rows)
    following = document.follow_up
    if following is not None:
        at = f'<time datetime="{escaped(following.start)}">{escaped(wording.next_time(following))}</time>'
        words += f"</p><p>Next meeting: {at}. {to_log((following.source,), document)}"
    return f'<section id="people"><h2>Participants</h2><p>{words}</p></section>'


def conversation(document: Document) -> str:
    """Every message, folded."""
    off = f", {document.off_record} kept off the record" if document.off_record else ""
    rows = "".join(_line(line, words, document.zone) for line, words in log_words.shown(document.log))
    number = wording.counted(len(document.log), "message")
    return (
        '<section id="log"><details class="log2">'
        f"<summary>The conversation, {number}{off}</summary>"
        '<p class="hint">Each line of the outcome points to the message it came from.</p>'
        f'<ol class="log">{rows}</ol></details></section>'
    )


def _line(line: Line, told: log_words.Told, zone: str) -> str:
    hour = f'<time datetime="{escaped(line.at)}">{clock(line.at, zone)}</time> ' if line.at else ""
    words = {"withdrawn": "<i>withdrawn</i>", "corrected": f"{rich(told.text)} <i>(corrected)</i>"}
    kind = ' class="reporter"' if told.reporter or told.did else ""
    text = words.get(line.kept) or rich(told.text)
    return f'<li id="{anchor(line.id)}"{kind}>{hour}<p dir="auto"><b>{escaped(told.nick)}</b> {text}</p></li>'
