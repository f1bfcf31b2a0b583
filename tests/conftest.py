"""What all tests share: fixtures that start real services; a busy machine is no defect that Hypothesis finds."""

from hypothesis import settings

pytest_plugins = ["fixtures.real_services", "fixtures.server"]

settings.register_profile("patient", parent=settings(), deadline=None)
settings.load_profile("patient")
