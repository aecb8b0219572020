"""The result of a run: merged from the workers, as numbers and as JSON."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from hongyan.bench.latency import Latencies
from hongyan.bench.ledger import Findings
from hongyan.bench.plan import Plan
from hongyan.bench.tally import Counts, WorkerResult

BUSY_SHARE: Final = 0.9
"""A worker that uses more of a core than this may be what is measured."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured and what was found; rates are of the measured part, checks of the whole run.

    Attributes:
        p50_ms: from send to delivery; of the answer where nothing is delivered (login, idle, echo).
        errors: refusals, connections lost, messages without an answer, and anything unexpected.
        generator_cores: processor time of all workers by the time measured.
        generator_busiest: the same for the busiest worker; near 1 the generator is the limit.
    """

    scenario: str
    acked_per_s: float
    delivered_per_s: float
    p50_ms: float
    p99_ms: float
    ack_p50_ms: float
    ack_p99_ms: float
    heartbeat_p50_ms: float
    heartbeat_p99_ms: float
    errors: int
    error_kinds: dict[str, int]
    lost: int
    duplicated: int
    reordered: int
    id_gaps: int
    mismatched: int
    sent: int
    acked: int
    delivered: int
    seconds: float
    connections: int
    window: int
    payload_bytes: int
    processes: int
    generator_cores: float
    generator_busiest: float

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (
            self.errors or self.lost or self.duplicated or self.reordered or self.id_gaps or self.mismatched
        )

    @property
    def generator_is_limit(self) -> bool:
        """Whether a worker was so busy that the server may be faster than was measured."""
        return self.generator_busiest > BUSY_SHARE

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def merge(plan: Plan, connections: int, results: Sequence[WorkerResult]) -> Report:
    """Make one report of what the workers handed back."""
    measured, total, findings = Counts(), Counts(), Findings()
    delivery, ack, heartbeat = Latencies(), Latencies(), Latencies()
    errors: Counter[str] = Counter()
    for result in results:
        measured, total = measured.plus(result.measured), total.plus(result.total)
        findings.add(result.findings)
        errors.update(result.errors)
        delivery.merge(result.delivery)
        ack.merge(result.ack)
        heartbeat.merge(result.heartbeat)
    if findings.unacked:
        errors["unacked"] = findings.unacked
    seconds = sum(result.seconds for result in results) / len(results)
    report = Report(
        scenario=plan.scenario,
        acked_per_s=round(measured.acked / seconds, 1),
        delivered_per_s=round(measured.delivered / seconds, 1),
        p50_ms=delivery.percentile_ms(50),
        p99_ms=delivery.percentile_ms(99),
        ack_p50_ms=ack.percentile_ms(50),
        ack_p99_ms=ack.percentile_ms(99),
        heartbeat_p50_ms=heartbeat.percentile_ms(50),
        heartbeat_p99_ms=heartbeat.percentile_ms(99),
        errors=errors.total(),
        error_kinds=dict(sorted(errors.items())),
        lost=findings.lost,
        duplicated=findings.duplicated,
        reordered=findings.reordered,
        id_gaps=findings.id_gaps,
        mismatched=findings.mismatched,
        sent=total.sent,
        acked=total.acked,
        delivered=total.delivered,
        seconds=round(seconds, 3),
        connections=connections,
        window=plan.window,
        payload_bytes=plan.payload_bytes,
        processes=len(results),
        generator_cores=0.0,
        generator_busiest=0.0,
    )
    shares = [result.cpu_s / result.seconds for result in results]
    return replace(report, generator_cores=round(sum(shares), 3), generator_busiest=round(max(shares), 3))
