"""Measure messages on this machine, quickly, and print what came of it; bench_report.py measures all.

Usage: bench.py [--runs N] [--seconds S]
"""

import argparse

from measuring import page, table
from measuring.medians import medians


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=1, help="how often each row is measured; the median counts"
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each run is measured")
    options = parser.parse_args()
    found = medians([table.messages(options.seconds) for _ in range(options.runs)])
    print("\n".join(page.messages_table(found)), page.where(), sep="\n\n")


if __name__ == "__main__":
    main()
