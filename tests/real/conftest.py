"""Real services that only these tests need."""

from fixtures.wordpress import wordpress_site

__all__ = ["wordpress_site"]
