"""Where the time of a study went, by rule, from the logs of its jobs.

python benchmarks/breakdown.py [results]
"""

import environment  # noqa: F401

# isort: split
import sys
from pathlib import Path

import pandas as pd
from latentgeo.study.page.about import jobs


def main() -> None:
    logs = Path(sys.argv[1] if len(sys.argv) > 1 else "results") / "logs"
    rows = [(rule, *job) for rule, own in jobs(logs).items() for job in own]
    table = pd.DataFrame(rows, columns=["rule", "seconds", "peak_mib"])
    summary = table.groupby("rule").agg(
        jobs=("seconds", "size"),
        seconds=("seconds", "sum"),
        longest=("seconds", "max"),
        peak_mib=("peak_mib", "max"),
    )
    summary = summary.sort_values("seconds", ascending=False)
    output = Path(__file__).resolve().parent / "results" / "breakdown.csv"
    output.parent.mkdir(exist_ok=True)
    summary.to_csv(output, float_format="%.1f")
    print(summary.round(1).to_string())


if __name__ == "__main__":
    main()
