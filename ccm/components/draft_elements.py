"""
A document that is not yet published, as ``<draft/>``: what of it the outcome does not hold (``docs/protocol.md``).

Headline, points with minutes and sentences, who was there, when it was. Attributes and entries stand in the outcome.
"""

from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.reporter.document_shape import Document


def draft_element(document: Document) -> Element:
    """The preview of a document."""
    element = Element((ns.REPORTER, "draft"))
    for name, value in (
        ("topic", document.topic),
        ("version", str(document.version)),
        ("title", document.title),
        ("label", document.type_label),
        ("started", document.started),
        ("ended", document.ended),
        ("chair", document.chair),
        ("lines", str(len(document.log))),
        ("off-record", str(document.off_record) if document.off_record else ""),
    ):
        if value:
            element[name] = value
    element.addElement("headline", content=document.headline)
    for point in document.topics:
        topic = element.addElement("point")
        topic["title"], topic["status"], topic["source"] = point.title, point.status, point.source
        if point.minutes is not None:
            topic["minutes"] = str(point.minutes)
        for sentence in point.narrative:
            topic.addElement("sentence", content=sentence.text)["sources"] = " ".join(sentence.sources)
    for tag, names in (("present", document.present), ("absent", document.absent)):
        for name in names:
            element.addElement(tag, content=name)
    return element
