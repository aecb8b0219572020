"""``hongyan bench``: measure a running suite."""

import sys
from contextlib import nullcontext
from types import TracebackType
from typing import Any, Final, Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from hongyan.bench.plan import (
    CLIENT_TYPES,
    MAX_PAYLOAD_BYTES,
    MAX_WINDOW,
    MIN_PAYLOAD_BYTES,
    SCENARIOS,
    Plan,
    Users,
)
from hongyan.bench.report import Report
from hongyan.bench.run import run
from hongyan.bench.tally import Counts
from hongyan.cli.common import examples, json_option, output, print_json

UNCLEAN: Final = 1


class UsersType(click.ParamType[tuple[str, int]]):
    """``PREFIX:COUNT``."""

    name = "PREFIX:COUNT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Split and check the text."""
        if isinstance(value, tuple):
            return value
        prefix, _, count = str(value).rpartition(":")
        if not prefix or not count.isdecimal() or int(count) < 1:
            self.fail(f"{value!r}: write PREFIX:COUNT, as in load:1000 for load1 to load1000", param, ctx)
        return prefix, int(count)


SCENARIO_HELP: Final = """\b
Scenarios:
  login   log in, some users at once
  p2p     pairs of users: one writes, the other receives
  group   groups: some write, all receive
  idle    connected clients that send nothing but heartbeats
  echo    no suite: how fast this generator is against a server that does no work

"""


@click.command(
    epilog=SCENARIO_HELP
    + examples(
        "hongyan user add load --count 1000 --password load",
        "hongyan bench p2p --users load:200 --password load --pairs 100 --window 8 --seconds 10",
        "hongyan bench group --users load:50 --password load --members 50 --window 8",
        "hongyan bench login --users load:1000 --password load --connections 50",
        "hongyan bench idle --users load:1000 --password load --connections 1000",
        "hongyan bench echo --window 8",
    )
)
@click.argument("scenario", type=click.Choice(SCENARIOS))
@click.option(
    "--login-url", default="http://127.0.0.1:8080", show_default=True, help="login_server's HTTP address."
)
@click.option("--users", type=UsersType(), help="Who logs in: PREFIX1 to PREFIX<COUNT>.")
@click.option("--password", help="The password of all of them.")
@click.option(
    "--seconds", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="How long to measure."
)
@click.option(
    "--warmup",
    "warmup_s",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Seconds before that.",
)
@click.option(
    "--grace",
    "grace_s",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="Longest wait for the last deliveries.",
)
@click.option(
    "--pairs",
    type=click.IntRange(min=1),
    help="p2p: pairs of users.  [default: all users, at most 100 pairs]",
)
@click.option(
    "--window",
    type=click.IntRange(1, MAX_WINDOW),
    default=1,
    show_default=True,
    help="Messages under way for each sender.",
)
@click.option(
    "--members",
    type=click.IntRange(min=2),
    default=50,
    show_default=True,
    help="group: members of each group.",
)
@click.option(
    "--senders", type=click.IntRange(min=1), default=1, show_default=True, help="group: members who write."
)
@click.option(
    "--groups", type=click.IntRange(min=1), default=1, show_default=True, help="group: how many groups."
)
@click.option(
    "--group-id",
    type=click.IntRange(min=1),
    help="group: use this one, of exactly these users, instead of making one.",
)
@click.option(
    "--connections",
    type=click.IntRange(min=1),
    help="idle, echo: connections; login: logins at once.  [default: all users; 100; 50]",
)
@click.option("--stay", is_flag=True, help="login: log every user in once and stay connected.")
@click.option(
    "--rate",
    type=click.IntRange(min=0),
    default=0,
    help="p2p, group: messages a second in all; 0 is as fast as the window allows.",
)
@click.option(
    "--payload",
    "payload_bytes",
    type=click.IntRange(MIN_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES),
    default=64,
    show_default=True,
    help="Bytes of msg_data.",
)
@click.option("--client-ids", is_flag=True, help="Give each message a client_msg_id.")
@click.option(
    "--client-type",
    type=click.Choice(list(CLIENT_TYPES)),
    default="android",
    show_default=True,
    help="What the clients say they are.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=0),
    default=0,
    help="Worker processes; 0 decides by load and cores.",
)
@json_option
def bench(users: tuple[str, int] | None, password: str | None, *, as_json: bool, **options: Any) -> None:
    """Measure a running suite, and check what it delivers.

    In every run each acked message must have been delivered once, in order, under the msg_id that was
    acked; otherwise the exit code is 1.
    """
    plan = _plan(users, password, options)
    with _progress(plan) as progress:
        report = run(plan, progress.show if progress else lambda _phase, _counts: None)
    if as_json:
        print_json(report.as_json())
    else:
        _print_report(report)
    if not report.is_clean:
        sys.exit(UNCLEAN)


def _plan(users: tuple[str, int] | None, password: str | None, options: dict[str, Any]) -> Plan:
    scenario = options["scenario"]
    if scenario == "echo":
        users, password = ("echo", options["connections"] or 100), ""
    if users is None or password is None:
        raise click.UsageError(f"{scenario} needs --users PREFIX:COUNT and --password")
    prefix, count = users
    options["pairs"] = options["pairs"] or max(1, min(100, count // 2))
    options["connections"] = options["connections"] or (50 if scenario == "login" else count)
    options["group_id"] = options["group_id"] or 0
    return Plan(users=Users(prefix, count, password), **options)


class _Bar:
    """A progress bar on the terminal, with the running counts."""

    def __init__(self, plan: Plan) -> None:
        columns = TextColumn("{task.description:<10}"), BarColumn(), TextColumn("{task.fields[counts]}")
        self._bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
        self._totals = {"warm-up": plan.warmup_s, "measuring": plan.seconds}
        self._phase = ""
        self._task = self._bar.add_task("starting", total=None, counts="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, phase: str, counts: Counts) -> None:
        """Take a report of the workers."""
        if phase != self._phase:
            self._phase = phase
            self._bar.reset(self._task, total=self._totals.get(phase), description=phase)
        elapsed = self._bar.tasks[self._task].elapsed or 0.0
        text = f"{counts.acked:,} acked  {counts.delivered:,} delivered"
        self._bar.update(self._task, completed=elapsed, counts=text)


def _progress(plan: Plan) -> "_Bar | nullcontext[None]":
    return _Bar(plan) if sys.stderr.isatty() else nullcontext()


def _print_report(report: Report) -> None:
    console = output()
    console.print(
        f"{report.scenario}: {report.acked_per_s:,.0f} acked/s, {report.delivered_per_s:,.0f} delivered/s"
        f" over {report.seconds:.1f} s, {report.connections} connections, window {report.window},"
        f" {report.payload_bytes} bytes"
    )
    console.print(f"  to delivery or answer  p50 {report.p50_ms:.2f} ms  p99 {report.p99_ms:.2f} ms")
    if report.ack_p99_ms:
        console.print(
            f"  to ack                 p50 {report.ack_p50_ms:.2f} ms  p99 {report.ack_p99_ms:.2f} ms"
        )
    if report.heartbeat_p99_ms:
        console.print(
            f"  heartbeat              p50 {report.heartbeat_p50_ms:.2f} ms"
            f"  p99 {report.heartbeat_p99_ms:.2f} ms"
        )
    console.print(
        f"  sent {report.sent:,}  acked {report.acked:,}  delivered {report.delivered:,}"
        f"  lost {report.lost:,}  duplicated {report.duplicated:,}  reordered {report.reordered:,}"
        f"  id gaps {report.id_gaps:,}  mismatched {report.mismatched:,}"
    )
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in report.error_kinds.items()) or "none"
    console.print(f"  errors: {kinds}")
    console.print(
        f"  generator: {report.generator_cores:.2f} cores in {report.processes} processes,"
        f" the busiest {report.generator_busiest:.2f}"
    )
    if report.generator_is_limit:
        console.print("  The generator was busy all the time and may be the limit: try --processes.")
