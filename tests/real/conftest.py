"""Real services that only these tests need."""

from fixtures.postfix import postfix
from fixtures.wordpress import wordpress_site

__all__ = ["postfix", "wordpress_site"]
