"""A stanza without some of its children, for those who take out what its sender may not say."""

from collections.abc import Callable

from twisted.words.xish import domish

from ccm.wire.stanza import Stanza


def without(stanza: Stanza, unwanted: Callable[[domish.Element], bool]) -> Stanza:
    """The same stanza without those children of the root."""
    source = stanza.element
    element = domish.Element((source.uri, source.name), localPrefixes=dict(source.localPrefixes))
    element.attributes = dict(source.attributes)
    for child in source.children:
        if not (isinstance(child, domish.Element) and unwanted(child)):
            element.addChild(child)
    copy = Stanza.from_element(element)
    copy.attrs = dict(stanza.attrs)
    return copy
