"""What all tests share: fixtures that start real services."""

pytest_plugins = ["fixtures.real_services", "fixtures.server"]
