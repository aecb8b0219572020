"""Measure everything that is promised and write docs/benchmarks/: a page, three curves, the numbers.

Each part can be measured by itself; the page keeps what was measured of the others before.

Usage: bench_report.py [--only PART ...] [--runs N] [--seconds S]
"""

import argparse
import sys
from collections.abc import Callable

from measuring import page, table
from measuring.curves import CURVES

ONLINE = 5000
IDLE = 20_000


def messages(runs: int, seconds: float) -> object:
    """Messages, and heartbeats between them."""
    found = table.rounds(runs, seconds)
    capacity = found[table.PAIRS_8]["acked_per_s"]
    return found | {"heartbeats": table.heartbeats(runs, seconds, capacity)}


def logins(runs: int, seconds: float) -> object:
    """Logins, while others are online."""
    return table.logins(runs, seconds, ONLINE)


def waiting(runs: int, seconds: float) -> object:
    """What needs no load."""
    connections = min(IDLE, table.most_connections())
    return {
        "idle": table.idle(connections, seconds),
        "start": table.start(runs),
        "questions": table.questions(),
    }


PARTS: dict[str, Callable[[int, float], object]] = {
    "messages": messages,
    "logins": logins,
    "waiting": waiting,
    **{name: curve.measure for name, curve in CURVES.items()},
}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part; may come again")
    parser.add_argument(
        "--runs", type=int, default=5, help="how often each row is measured; the median counts"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each run is measured")
    options = parser.parse_args()
    for part in options.only or PARTS:
        print(f"{part} ...", file=sys.stderr)
        found = PARTS[part](options.runs, options.seconds)
        page.save(part, found, f"Medians of {options.runs} runs of {options.seconds:g} s.")


if __name__ == "__main__":
    main()
