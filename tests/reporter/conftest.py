"""The built-in templates, compiled once for all tests of the reporter."""

import pytest

from ccm.reporter.discussion import Context
from ccm.reporter.templates import Templates


@pytest.fixture(scope="session")
def templates() -> Templates:
    return Templates.load()


@pytest.fixture(scope="session")
def context(templates: Templates) -> Context:
    return Context(templates)
