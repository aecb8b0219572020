"""docs/benchmarks/: one page and three pictures, made of the numbers in results.json."""

import json
import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from hongyan import compiled

from .curves import CURVES, Curve, Point
from .medians import medians
from .table import APART, STEADY, WORK, Numbers

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs/benchmarks"
RESULTS: Final = FOLDER / "results.json"
VERSIONS: Final = ("hongyan", "uvloop", "protobuf", "sqlalchemy")

_PAGE: Final = """\
# Benchmarks

<!-- Written by scripts/bench_report.py (`make bench-report`). Do not edit. -->

`hongyan up` on SQLite where nothing else is said, every message committed with fsync before its ack, the
load generator on the same machine, 64-byte payloads. *Of the echo*: deliveries by the frames a second that a
bare uvloop echo server sends back to the same generator with as many in flight, in the same round. Every run
was checked: each acked message delivered once, in order, under its msg_id. CPU is the suite's, all its
threads and processes, without database servers; *generator* is the share of a core that the load generator
took. What explains the curves is in [curves.md](curves.md), where the time goes in
[performance](../explanation/performance.md).

{sections}"""

Results = dict[str, Any]


def load() -> Results:
    """Read what was measured before; parts can be measured one at a time."""
    return dict(json.loads(RESULTS.read_text("utf-8"))) if RESULTS.exists() else {}


def save(part: str, found: object, seconds: float, *, add: bool) -> None:
    """Note one round of a part, with where it was measured, and write the page anew.

    Args:
        part: its name.
        found: its numbers.
        seconds: how long each run of it took.
        add: to the rounds that were noted before, instead of in their place.
    """
    results = load()
    before = results[part]["rounds"] if add and "rounds" in results.get(part, {}) else []
    results[part] = {"where": where(), "seconds": seconds, "rounds": [*before, found]}
    FOLDER.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")
    (FOLDER / "latest.md").write_text(page(results), "utf-8")


def where() -> str:
    """Describe the machine, the versions and the day."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    machine = (
        f"{model or platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
    )
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    hot_path = "compiled" if compiled.are_used() else "interpreted"
    python = f"Python {platform.python_version()}, hot path {hot_path}"
    return f"{datetime.now(UTC):%Y-%m-%d}, {machine}. {python}, {versions}."


def page(results: Results) -> str:
    """Write the page."""
    sections = []
    for part in filter(results.__contains__, _ORDER):
        result = results[part]
        found = medians(result["rounds"])
        lines = _TABLES[part](found) if part in _TABLES else _curve(CURVES[part], found)
        how = f"Medians of {len(result['rounds'])} runs of {result['seconds']:g} s."
        sections.append("\n".join([*lines, "", f"{how} {result['where']}"]))
    return _PAGE.format(sections="\n\n".join(sections) + "\n")


_COMMON: Final = ("CPU s per 1,000", "generator", "faults")


def messages_table(found: dict[str, Numbers]) -> Iterator[str]:
    """Write the rows about messages."""
    yield "## Messages\n"
    yield from _head(
        "work", "must reach", "acked/s", "delivered/s", "of the echo", "p50 ms", "p99 ms", *_COMMON
    )
    for work in filter(lambda row: row.name in found, (*WORK, APART)):
        numbers = found[work.name]
        ratio = f"{numbers['of_echo']:.2f}" if work.echo else ""
        cpu = f"{numbers['cpu_s_per_1000']:.3f}" if work.echo else ""
        yield (
            f"| {work.name} | {work.least} | {numbers['acked_per_s']:,.0f}"
            f" | {numbers['delivered_per_s']:,.0f} | {ratio} | {numbers['p50_ms']:.1f}"
            f" | {numbers['p99_ms']:.1f} | {cpu} | {numbers['generator_cores']:.2f} | {_faults(numbers)} |"
        )
    beats = found.get("heartbeats")
    if beats:
        yield (
            f"\nHeartbeats beside 8 in flight, held to 80 % of capacity ({beats['acked_per_s']:,.0f}/s): p99"
            f" {beats['heartbeat_p99_ms']:.1f} ms (must stay under 20 ms)."
        )


def _logins(found: dict[str, Numbers]) -> Iterator[str]:
    yield "## Logins of known users, 50 at once, while 5,000 PCs are online\n"
    yield from _head("as", "must reach", "logins/s", "p50 ms", "p99 ms", *_COMMON)
    for kind, name in (("android", "phone"), ("windows", "PC")):
        numbers = found[kind]
        yield (
            f"| {name} | 4,000/s | {numbers['acked_per_s']:,.0f} | {numbers['p50_ms']:.1f}"
            f" | {numbers['p99_ms']:.1f} | {numbers['cpu_s_per_1000']:.3f}"
            f" | {numbers['generator_cores']:.2f} | {_faults(numbers)} |"
        )


def _first_logins(found: dict[str, Numbers]) -> Iterator[str]:
    yield f"## {STEADY:,} messages a second, alone and beside first logins\n"
    yield "Four users at a time log in for the first time; each costs a slow hash, in the process for that.\n"
    yield from _head("what runs beside", "delivered/s", "p50 ms", "p99 ms", "heartbeat p99 ms", "faults")
    for kind, name in (("alone", "nothing"), ("beside", "first logins")):
        numbers = found[kind]
        yield (
            f"| {name} | {numbers['delivered_per_s']:,.0f} | {numbers['p50_ms']:.1f}"
            f" | {numbers['p99_ms']:.1f} | {numbers['heartbeat_p99_ms']:.1f} | {_faults(numbers)} |"
        )


def _waiting(found: dict[str, Numbers]) -> Iterator[str]:
    idle, asked, start = found["idle"], found["questions"], found["start"]
    yield "## Waiting and asking\n"
    yield from _head("what", "must stay under", "measured")
    many = f"{idle['connections']:,.0f}"
    yield f"| memory of an idle logged-in client, of {many} | 8 KiB | {idle['kib_each']:.1f} KiB |"
    yield f"| all of them with heartbeats | 10 % of a core | {100 * idle['cores']:.1f} % |"
    yield f"| start of `hongyan up` to ready, existing database | 1.5 s | {start['seconds']:.2f} s |"
    yield f"| newest page of 50 of a conversation of a million | 5 ms | {asked['newest_page_ms']:.1f} ms |"
    yield f"| page of 50 from its middle | 5 ms | {asked['history_ms']:.1f} ms |"
    yield f"| recent sessions of a user with 5,000 | 20 ms | {asked['recent_ms']:.1f} ms |"
    yield f"| all-users pull, 10 of 50,000 changed | 20 ms | {asked['changed_ms']:.1f} ms |"


def _files(found: dict[str, float]) -> Iterator[str]:
    yield "## A file of 2 GiB through file_server\n"
    yield from _head("way", "must reach, of a plain copy", "of a plain copy", "MiB/s")
    plain = found["plain"]
    for way in ("upload", "download", "online"):
        yield f"| {way} | 0.5 | {found[way] / plain:.2f} | {found[way]:,.0f} |"
    yield f"| a plain copy from a socket to a file | | 1 | {plain:,.0f} |"
    yield f"\nMemory of the suite grew by {found['memory_mib']:.0f} MiB (must stay under 50 MiB)."


def _curve(curve: Curve, points: list[Point]) -> Iterator[str]:
    _draw(curve, points)
    yield f"## {curve.grows.capitalize()}\n"
    yield f"![{curve.cost}]({curve.name}.png)\n"
    yield from _head(curve.grows, curve.cost, "delivered/s", "runs with faults")
    for point in points:
        measured = f"{point['us_each']:.1f} | {point['per_s']:,.0f} | {point['faults']:.0f}"
        yield f"| {point['size']:,.0f} | {measured} |"


def _head(*titles: str) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"


def _faults(numbers: Numbers) -> str:
    return f"{numbers['faults']:.0f}" if numbers["faults"] else "none"


def _draw(curve: Curve, points: list[Point]) -> None:
    import matplotlib  # noqa: PLC0415, ICN001 - `make bench` can do without it

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the backend is chosen

    figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
    axes.plot([point["size"] for point in points], [point["us_each"] for point in points], marker="o")
    axes.set_xscale("log")
    axes.set_ylim(0, 1.15 * max(point["us_each"] for point in points))
    axes.set_xlabel(curve.grows)
    axes.set_ylabel(curve.cost)
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(FOLDER / f"{curve.name}.png", dpi=100, metadata={"Software": None})
    plt.close(figure)


_TABLES: Final[dict[str, Callable[[Any], Iterator[str]]]] = {
    "messages": messages_table,
    "logins": _logins,
    "first_logins": _first_logins,
    "waiting": _waiting,
    "files": _files,
}
_ORDER: Final = [*_TABLES, *CURVES]
