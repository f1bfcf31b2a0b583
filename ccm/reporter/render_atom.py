"""
One entry of the archive's feed (RFC 4287 §4.1.2).

Leaves out the feed around it, which belongs to the archive.
"""

from html import escape

from ccm.reporter.document_shape import Document
from ccm.reporter.wording import counts, standing


def entry(document: Document, *, url: str) -> str:
    """
    The ``<entry/>``, without a namespace declaration of its own.

    :param url: the document's address, also its id: a later version replaces the entry.
    """
    updated = document.published or "1970-01-01T00:00:00Z"
    return (
        f"<entry><id>{_xml(url)}</id><title>{_xml(document.title)}</title>"
        f'<link rel="alternate" type="text/html" href="{_xml(url)}"/><updated>{_xml(updated)}</updated>'
        f"<published>{_xml(updated)}</published><author><name>{_xml(document.chair or 'CCM')}</name></author>"
        f'<category term="{_xml(document.type)}" label="{_xml(document.type_label)}"/>'
        f'<summary type="text">{_xml(document.headline)} ({_xml(counts(document))}. {_xml(standing(document))}.)'
        "</summary></entry>"
    )


def _xml(text: str) -> str:
    """Escaped, and without the characters that XML 1.0 cannot hold."""
    return escape("".join(c for c in text if c in "\t\n\r" or (ord(c) >= 32 and c not in "\ufffe\uffff")))
