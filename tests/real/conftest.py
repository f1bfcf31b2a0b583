"""Real services that only these tests need."""

from fixtures.postfix import own_postfix, postfix
from fixtures.wordpress import wordpress_site

__all__ = ["own_postfix", "postfix", "wordpress_site"]
