"""
The document as Markdown (CommonMark): readable as plain text, each statement with a link to its line of the log.

Everything people typed is escaped, so that it shows as typed. Leaves out front matter.
"""

from collections.abc import Sequence

from ccm.reporter import log_words, wording
from ccm.reporter.document_shape import Document, Item, Quote, Topic
from ccm.reporter.markdown_text import address, plain, rich
from ccm.reporter.rendering import anchor, capital, clock, is_file, when


def text(document: Document, url: str = "") -> str:
    """
    The whole document.

    :param url: the document's own address; links into the log lead there, without one to anchors in this text.
    """
    return "\n".join(_Lines(document, url).all()) + "\n"


class _Lines:
    """The lines of one document."""

    def __init__(self, document: Document, url: str) -> None:
        self._document = document
        self._url = url

    def all(self) -> list[str]:
        document = self._document
        out = [f"# {plain(document.title)}", "", *self._lead(), *self._head()]
        out += self._summary()
        out += self._about()
        out += self._actions()
        out += self._listed("Decisions", document.decisions, wording.COUNTED["decisions"])
        still_open = tuple(item for item in document.questions if item.status == "open")
        closed = tuple(item for item in document.questions if item.status != "open")
        out += self._listed("Open questions", still_open, wording.COUNTED["questions"])
        out += self._listed("Answered questions", closed) if closed else []
        for title, items in (
            ("Possible actions", document.possible_actions),
            ("Possible decisions", document.possible_decisions),
        ):
            out += self._listed(title, items, note=wording.POSSIBLE) if items else []
        out += self._topics()
        out += self._listed("Notes", document.notes) if document.notes else []
        out += self._listed("Ideas", document.ideas) if document.ideas else []
        return [*out, *self._links(), *self._people(), *self._log(), *self._foot()]

    def _lead(self) -> list[str]:
        words = wording.lead(self._document)
        return [words, ""] if words else []

    def _head(self) -> list[str]:
        document = self._document
        facts = [
            document.type_label,
            wording.scheduled(document),
            f"{'Held ' if document.scheduled else ''}{when(document)}" if when(document) else "",
            f"Chaired by {document.chair}" if document.chair else "",
            wording.standing(document),
            wording.counted(len(document.log), "message"),
        ]
        versions = [f"[{n}](<{self._url}?v={n}>)" for n in range(1, document.version)] if self._url else []
        earlier = [f"Earlier versions: {', '.join(versions)}"] if versions else []
        return [" · ".join([*(plain(fact) for fact in facts if fact), *earlier]), ""]

    def _summary(self) -> list[str]:
        if not self._document.summary:
            return []
        rows = [f"- {rich(sentence.text)} ({self._cites(sentence.sources)})" for sentence in self._document.summary]
        return ["## Summary", "", *rows, ""]

    def _about(self) -> list[str]:
        out: list[str] = []
        for section in self._document.sections:
            if section.quotes:
                out += [f"**{plain(section.label)}**", "", *map(self._quoted, section.quotes), ""]
        return ["## About", "", *out] if out else []

    def _actions(self) -> list[str]:
        out = ["## Actions", ""]
        for owner, items in wording.tasks_by_owner(self._document):
            out += [f"**{plain(owner)}**", "", *map(self._action, items), ""]
        return out if self._document.actions else [*out, wording.COUNTED["actions"], ""]

    def _action(self, item: Item) -> str:
        facts = [wording.due(item), item.status if item.status != "open" else "", wording.provenance(item)]
        said = "".join(f", {plain(fact)}" for fact in facts if fact)
        return f"- **{item.number}** {rich(wording.task(item))}{said} ({self._from(item)})"

    def _listed(self, title: str, items: tuple[Item, ...], none: str = "", note: str = "") -> list[str]:
        lines = [
            f"- **{item.number}** {rich(self._words(item))}{self._facts(item)} ({self._from(item)})" for item in items
        ]
        return [f"## {title}", "", *([note, ""] if note else []), *(lines or [none]), ""]

    def _words(self, item: Item) -> str:
        return wording.task(item) if item.number[:1] == "A" else capital(item.text)

    def _facts(self, item: Item) -> str:
        letter = item.number[:1]
        facts = [wording.decided(item, self._document), wording.voters(item)] if letter == "D" else []
        facts += [f"{item.owner}?" if item.owner else "", wording.due(item)] if letter == "A" else []
        facts += [wording.why_open(item)] if letter == "Q" else []
        facts += [wording.provenance(item)]
        return "".join(f" — {plain(fact)}" for fact in facts if fact)

    def _topics(self) -> list[str]:
        topics = self._document.topics
        if not topics:
            return []
        out = ["## Topics", ""]
        out += [wording.FOUND, ""] if any(topic.status == "found" for topic in topics) else []
        planned = any(topic.planned for topic in topics)
        return [*out, *(line for topic in topics for line in self._topic(topic, planned)), ""]

    def _topic(self, topic: Topic, planned: bool) -> list[str]:
        details = [*wording.topic_facts(topic, planned), *topic.items]
        facts = "".join(f" · {detail}" for detail in details)
        out = [f"- [{plain(topic.title)}]({self._to(topic.source)}){facts}"]
        for sentence in topic.narrative:
            out.append(f"  - {rich(sentence.text)} ({self._cites(sentence.sources)})")
        return out

    def _links(self) -> list[str]:
        links = self._document.links
        if not links:
            return []
        pages, files = [one for one in links if not is_file(one.url)], [one for one in links if is_file(one.url)]
        title = "Links and files" if pages and files else "Files" if files else "Links"
        rows = []
        for link in (*pages, *files):
            label = f" {plain(link.title)}" if link.title else ""
            rows.append(f"- {address(link.url)}{label} ({self._source(link.by, link.at, link.source)})")
        return [f"## {title}", "", *rows, ""]

    def _people(self) -> list[str]:
        document = self._document
        rows = ["## Participants", "", f"Present: {plain(', '.join(document.present)) or 'nobody'}."]
        rows += [f"Invited: {plain(', '.join(document.invited))}."] if document.invited else []
        rows += [f"Absent: {plain(', '.join(document.absent))}."] if document.absent else []
        following = document.follow_up
        if following is not None:
            cited = self._cites((following.source,))
            rows += ["", f"Next meeting: {wording.next_time(following)}{f' ({cited})' if cited else ''}."]
        return [*rows, ""]

    def _log(self) -> list[str]:
        document = self._document
        out = ["## The conversation", ""]
        for line, told in log_words.shown(document.log):
            hour = clock(line.at, document.zone)
            words = rich(told.text) + (" *(corrected)*" if line.kept == "corrected" else "")
            words = "*withdrawn*" if line.kept == "withdrawn" else words
            out.append(f'- <a id="{anchor(line.id)}"></a>{hour + " " if hour else ""}**{plain(told.nick)}** {words}')
        out += ["", f"Kept off the record: {document.off_record}."] if document.off_record else []
        return [*out, ""]

    def _foot(self) -> list[str]:
        document = self._document
        licence = f" Licence: {plain(document.licence)}." if document.licence else ""
        return [
            "---", "",
            f"{plain(wording.produced(document))} {wording.CORRECT}", "",
            f"{plain(document.retention or wording.KEPT)}{licence} Input: sha256:{document.input[:16]}, document: "
            f"sha256:{document.digest[:16]}.",
        ]  # fmt: skip

    # ---- where it comes from

    def _to(self, source: str) -> str:
        return f"{self._url}#{anchor(source)}"

    def _source(self, by: str, at: str, source: str) -> str:
        return self._link(wording.source(by, at, self._document.zone), source)

    def _from(self, item: Item) -> str:
        further = [id_ for id_ in item.sources if id_ != item.source]
        links = (self._source(item.by, item.at, item.source), self._cites(further))
        return ", ".join(link for link in links if link)

    def _cites(self, sources: Sequence[str]) -> str:
        return ", ".join(self._link(name, id_) for id_, name in wording.cited(self._document, sources))

    def _link(self, name: str, source: str) -> str:
        return f"[{plain(name)}]({self._to(source)})"

    def _quoted(self, quote: Quote) -> str:
        return f"- {rich(capital(quote.text))} ({self._source(quote.by, quote.at, quote.source)})"
