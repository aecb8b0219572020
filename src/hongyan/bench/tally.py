"""The running numbers of one worker: plain fields, because every message touches them."""

from collections import Counter
from dataclasses import dataclass, field

from hongyan.bench.latency import Latencies
from hongyan.bench.ledger import Findings


@dataclass(slots=True)
class Counts:
    """How much was done up to a moment."""

    sent: int = 0
    acked: int = 0
    delivered: int = 0

    def minus(self, other: "Counts") -> "Counts":
        """Return what was done since ``other``."""
        return Counts(self.sent - other.sent, self.acked - other.acked, self.delivered - other.delivered)

    def plus(self, other: "Counts") -> "Counts":
        """Return the sum of two workers."""
        return Counts(self.sent + other.sent, self.acked + other.acked, self.delivered + other.delivered)


@dataclass(slots=True)
class Tally:
    """Everything that a scenario counts while it runs."""

    counts: Counts = field(default_factory=Counts)
    delivery: Latencies = field(default_factory=Latencies)
    ack: Latencies = field(default_factory=Latencies)
    heartbeat: Latencies = field(default_factory=Latencies)
    errors: Counter[str] = field(default_factory=Counter)

    def forget_latencies(self) -> None:
        """Start the latencies anew, when the warm-up is over."""
        for latencies in (self.delivery, self.ack, self.heartbeat):
            latencies.clear()

    def fold_latencies(self) -> None:
        """Keep their memory small."""
        for latencies in (self.delivery, self.ack, self.heartbeat):
            latencies.fold()


@dataclass(slots=True)
class WorkerResult:
    """What one worker hands back: the measured part, latencies as histograms, the audit of the whole run."""

    measured: Counts
    total: Counts
    seconds: float
    cpu_s: float
    delivery: Counter[int]
    ack: Counter[int]
    heartbeat: Counter[int]
    errors: Counter[str]
    findings: Findings = field(default_factory=Findings)
