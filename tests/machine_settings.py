"""How long the state machines of Hypothesis run; where ``CI`` is set, always the same examples."""

from hypothesis import HealthCheck, settings

MACHINES = settings(
    max_examples=500,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
