"""Measure everything that is promised and write docs/benchmarks/: a page, three curves, the numbers.

Each part can be measured by itself, and run by run; the page keeps what was measured before.

Usage: bench_report.py [--only PART ...] [--runs N] [--seconds S] [--add]
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from dataclasses import asdict

from measuring import page, suite, table
from measuring.curves import CURVES

from hongyan.bench.files import measure_files, offers

ONLINE = 5000
IDLE = 20_000
FILE_BYTES = 2 * 1024**3


def messages(seconds: float) -> object:
    """Messages, and heartbeats between them; in one process and in four."""
    found = table.messages(seconds)
    return found | table.apart(seconds, found[table.ECHO_8])


def logins(seconds: float) -> object:
    """Logins, while others are online."""
    return table.logins(seconds, ONLINE)


def waiting(seconds: float) -> object:
    """What needs no load."""
    connections = min(IDLE, table.most_connections())
    return {
        "idle": table.idle(connections, seconds),
        "start": table.start(),
        "questions": table.questions(),
    }


def files(_: float) -> object:
    """A file of 2 GiB, whatever time it takes."""
    with suite.folder() as data:
        suite.add_users(data, "bench", 2)
        with suite.running(data) as target:
            making = offers(target.login_url, ("bench1", "bench2"), suite.PASSWORD, FILE_BYTES, data.parent)
            kept, online = asyncio.run(making)
            return asdict(measure_files(kept, online, data.parent, target.pids[0]))


PARTS: dict[str, Callable[[float], object]] = {
    "messages": messages,
    "logins": logins,
    "first_logins": table.first_logins,
    "waiting": waiting,
    "files": files,
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
    parser.add_argument("--add", action="store_true", help="keep the runs of earlier calls and add to them")
    options = parser.parse_args()
    for part in options.only or PARTS:
        for number in range(options.runs):
            print(f"{part}, run {number + 1} of {options.runs} ...", file=sys.stderr)
            found = PARTS[part](options.seconds)
            page.save(part, found, options.seconds, add=options.add or number > 0)


if __name__ == "__main__":
    main()
