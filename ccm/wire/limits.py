"""
What one peer may make us read: sizes and counts of XML, with their defaults (``[wire]``).

Leaves out rates and times, which are the session's (:mod:`ccm.session.options`).
"""

from ccm.bounds import Count
from ccm.config import Section


class WireOptions(Section):
    """
    Bounds on a single stanza. Whatever exceeds one ends the stream with ``policy-violation``.

    Sizes before and after signing in; a start tag is bounded apart, since an unfinished one is read anew with every
    chunk; counts hold for a whole stanza.
    """

    max_stanza_bytes_before_login: Count = 10_000
    max_stanza_bytes: Count = 262_144
    max_tag_bytes: Count = 16_384
    max_attribute_bytes: Count = 8_192
    max_name_bytes: Count = 256
    max_depth: Count = 64
    max_elements: Count = 2_000
    max_attributes: Count = 64
    max_prefixes: Count = 32
