"""
What one peer may make us read: sizes and counts of XML, with their defaults (``[wire]``).

Leaves out rates and times, which are the session's (:mod:`ccm.session.options`).
"""

from ccm.config import Section


class WireOptions(Section):
    """
    Bounds on a single stanza. Whatever exceeds one ends the stream with ``policy-violation``.

    Sizes before and after signing in; a start tag is bounded apart, since an unfinished one is read anew with every
    chunk; counts hold for a whole stanza.
    """

    max_stanza_bytes_before_login: int = 10_000
    max_stanza_bytes: int = 262_144
    max_tag_bytes: int = 16_384
    max_attribute_bytes: int = 8_192
    max_name_bytes: int = 256
    max_depth: int = 64
    max_elements: int = 2_000
    max_attributes: int = 64
    max_prefixes: int = 32
