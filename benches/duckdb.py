"""Measures the questions of questions/questions.sql with DuckDB, on the Parquet files of a lake.

    pip install 'duckdb>=2'
    python benches/duckdb.py LAKE [--runs N]

Its counterpart is `TRAILQL_BENCH_LAKE=LAKE cargo bench --bench queries`: same statements, same files, same table.
"first" is a connection of its own for each run, "warm" is one connection for all of them.
"""

import sys

# The script bears the name of the package it needs, and Python looks beside the script first.
sys.path.pop(0)

import argparse
import pathlib
import statistics
import time

import duckdb


def statements(text):
    """Yields the name and the SQL of each statement; its last comment line is its name."""
    for block in text.split(";"):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        names = [line[2:].strip() for line in lines if line.startswith("--")]
        sql = "\n".join(line for line in lines if not line.startswith("--"))
        if sql:
            yield names[-1], sql


def questions(connection):
    """Yields the name and the SQL of each question, with the needles of the lake filled in."""
    needles = {}
    file = pathlib.Path(__file__).parent / "questions" / "questions.sql"
    for name, sql in statements(file.read_text()):
        if name.startswith("needle "):
            needles[name.removeprefix("needle ")] = connection.execute(sql).fetchone()[0]
            continue
        for needle, value in needles.items():
            sql = sql.replace("{" + needle + "}", value)
        yield name, sql


def connect(lake):
    """Opens DuckDB with the lake's events as `cloudtrail`."""
    connection = duckdb.connect()
    # trailql answers in UTC, too; without it DuckDB asks for a library of time zones.
    connection.execute("SET TimeZone = 'UTC'")
    files = str(lake / "cloudtrail" / "event_date=*" / "*.parquet").replace("'", "''")
    connection.execute(
        f"CREATE VIEW cloudtrail AS SELECT * FROM read_parquet('{files}', hive_partitioning = true)"
    )
    return connection


def run(connection, sql):
    """Runs a statement to its end inside DuckDB: no value is turned into one of Python's."""
    connection.execute(sql).complete()


def milliseconds(runs, action):
    """The median time of some runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1_000)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description="Measures DuckDB on the Parquet files of a lake.")
    parser.add_argument("lake", type=pathlib.Path, help="the folder of the lake")
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    warm = connect(arguments.lake)
    title = f"DuckDB {duckdb.__version__}, median of runs, ms"
    print(f"{title:<34} {'first':>10} {'warm':>10} {'rows':>9}")
    for name, sql in questions(warm):
        rows = warm.execute(f"SELECT count(*) FROM ({sql})").fetchone()[0]
        first = milliseconds(arguments.runs, lambda: run(connect(arguments.lake), sql))
        again = milliseconds(arguments.runs, lambda: run(warm, sql))
        print(f"{name:<34} {first:>10.1f} {again:>10.1f} {rows:>9}")


if __name__ == "__main__":
    main()
