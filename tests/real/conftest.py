"""Real services that only these tests need."""

from fixtures.jackrabbit import jackrabbit
from fixtures.postfix import own_postfix, postfix
from fixtures.wordpress import wordpress_site

__all__ = ["jackrabbit", "own_postfix", "postfix", "wordpress_site"]
