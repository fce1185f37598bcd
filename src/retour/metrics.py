"""Metrics in the Prometheus text format, read from the counters that each part keeps of itself."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Source = Callable[[], Mapping[str, int]]
"""Values by label; asked at each scrape, in a thread."""

Sees = Callable[[str], bool]
"""Whether whoever asks may see the numbers of this account."""

ACCOUNT = "account"  # the label of numbers that are somebody's


class Metrics:
    """Every number that Retour tells; a name, what it means, a label, and where to ask."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()  # arrivals by what became of them
        self.events: Counter[str] = Counter()  # what reports became, by standing
        self.passing: Counter[str] = Counter()  # deliveries and the like, which are only counted
        self.strange: Counter[str] = Counter()  # events of kinds that we do not know, by form
        self.faults: Counter[str] = Counter()  # faults of ours, by part
        self._counters: list[tuple[str, str, str, Source]] = []
        self._gauges: list[tuple[str, str, str, Source]] = []
        self.counter("retour_arrivals", "Arrivals judged, by outcome", "outcome", lambda: self.taken)
        self.counter("retour_events", "Events of reports, by standing", "standing", lambda: self.events)
        self.counter(
            "retour_passing",
            "Deliveries, opens and clicks told, with repetitions",
            "kind",
            lambda: self.passing,
        )
        self.counter("retour_strange", "Events of kinds that are not known", "form", lambda: self.strange)
        self.counter("retour_faults", "Faults of Retour itself, by part", "part", lambda: self.faults)

    def counter(self, name: str, meaning: str, label: str, source: Source) -> None:
        """A number that only grows; its name gets the suffix _total."""
        self._counters.append((name, meaning, label, source))

    def gauge(self, name: str, meaning: str, label: str, source: Source) -> None:
        """A number that goes up and down."""
        self._gauges.append((name, meaning, label, source))

    def read(self, sees: Sees) -> Iterator[Metric]:
        """All numbers, as they are now; of accounts only those that are seen."""
        for name, meaning, label, source in self._counters:
            yield _filled(CounterMetricFamily(name, meaning, labels=[label]), _seen(label, source(), sees))
        for name, meaning, label, source in self._gauges:
            yield _filled(GaugeMetricFamily(name, meaning, labels=[label]), _seen(label, source(), sees))

    def text(self, sees: Sees = lambda account: True) -> bytes:
        """What GET /metrics answers."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Scrape(self, sees))
        return generate_latest(registry)


class _Scrape(Collector):
    """The numbers as one reader sees them."""

    def __init__(self, metrics: Metrics, sees: Sees) -> None:
        self._metrics, self._sees = metrics, sees

    def describe(self) -> list[Metric]:
        """Nothing up front: asking for the values at registration would be too early."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All that is seen."""
        return self._metrics.read(self._sees)


def _seen(label: str, values: Mapping[str, int], sees: Sees) -> Mapping[str, int]:
    if label != ACCOUNT:
        return values
    return {account: value for account, value in dict(values).items() if sees(account)}


def _filled(
    family: CounterMetricFamily | GaugeMetricFamily, values: Mapping[str, float]
) -> CounterMetricFamily | GaugeMetricFamily:
    for label, value in dict(values).items():
        family.add_metric([label], value)
    return family
