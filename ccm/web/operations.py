"""
For operators, on a listener of its own (loopback by default): ``/healthz`` and ``/metrics``.

``/healthz`` answers 200 with ``ok``, or 503 naming what is wrong. Metrics are in Prometheus' text format, read when
asked for: nothing is counted on the hot path that is not counted anyway.
"""

from collections.abc import Callable, Iterable, Mapping

from klein import Klein
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from twisted.web.http import Request

#: Figures by name; those of several domains are a mapping themselves.
Reading = Callable[[], Mapping[str, float | Mapping[str, float]]]


class _Readings(Collector):
    """Values read from the server when somebody asks. *read* answers name -> value."""

    def __init__(self, read: Reading, help_: Mapping[str, str]) -> None:
        self._read = read
        self._help = help_

    def collect(self) -> Iterable[Metric]:
        for name, value in self._read().items():
            told = self._help.get(name, name.replace("_", " "))
            if isinstance(value, Mapping):
                family = GaugeMetricFamily(f"ccm_{name}", told, labels=("domain",))
                for domain, each in value.items():
                    family.add_metric((domain,), each)
                yield family
            else:
                yield GaugeMetricFamily(f"ccm_{name}", told, value=value)


class Operations:
    """
    :param troubles: what is wrong now, in words; nothing when all is well.
    :param read: the figures, by name without ``ccm_``.
    """

    app = Klein()

    def __init__(self, troubles: Callable[[], list[str]], read: Reading, help_: Mapping[str, str]) -> None:
        self._troubles = troubles
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(_Readings(read, help_))

    @app.route("/healthz", methods=["GET"])
    def health(self, request: Request) -> bytes:
        """Whether the server serves."""
        troubles = self._troubles()
        request.setHeader("Content-Type", "text/plain; charset=utf-8")
        request.setResponseCode(503 if troubles else 200)
        return ("\n".join(troubles) or "ok").encode() + b"\n"

    @app.route("/metrics", methods=["GET"])
    def metrics(self, request: Request) -> bytes:
        """Prometheus' text format."""
        request.setHeader("Content-Type", CONTENT_TYPE_LATEST)
        return generate_latest(self._registry)
