"""
The document as JSON (``docs/document-schema.json``) and back.

The schema's name stands in the document. Documents of the schemas before are read as well; any other is refused.
Leaves out checks of meaning.
"""

import json

import msgspec

from ccm.reporter.document_shape import EARLIER, SCHEMA, Document

_encoder = msgspec.json.Encoder(order="deterministic")


def dumps(document: Document) -> str:
    """The document as indented JSON text; the same text for equal documents."""
    return msgspec.json.format(_encoder.encode(document), indent=2).decode() + "\n"


def loads(text: str | bytes) -> Document:
    """:raises ValueError: if *text* is no document of this version or an earlier one."""
    try:
        document = msgspec.json.decode(text, type=Document)
    except msgspec.MsgspecError as error:
        raise ValueError(f"Not a CCM document: {error}.") from error
    if document.schema in EARLIER:  # it named the absent alone as invited, and hashed itself without later fields
        return msgspec.structs.replace(document, absent=document.invited)
    if document.schema != SCHEMA:
        raise ValueError(f"A document of schema {document.schema!r}; this version reads {SCHEMA!r}. Upgrade CCM.")
    return document


def schema() -> str:
    """The JSON Schema of a document, as kept in ``docs/document-schema.json``."""
    return json.dumps({"$id": SCHEMA, **msgspec.json.schema(Document)}, indent=2, sort_keys=True) + "\n"
