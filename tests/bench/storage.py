"""Storage against stock TinyDB and bare sqlite3, in one run: ``python tests/bench/storage.py [--quick]``.

Prints a Markdown table. Times on a shared machine are worth little by themselves; the ratios within one run are what
counts, so the systems take turns. Every insert and update is a commit of its own. Bare sqlite3 is the floor: one row
per document, WAL, synchronous=FULL as ours, no history. TinyDB's CachingMiddleware writes nothing to disk until a
thousand changes have gathered, so its saves are not yet kept when they return.
"""

import argparse
import json
import multiprocessing
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pandas as pd
from tinydb import TinyDB, where
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import JSONStorage

from guanai.storage.database.databases import Database
from guanai.storage.database.record_db import RecordDB

VISITS_PER_CHILD = 20
#: Stock TinyDB rewrites the whole file at each save: at this size seconds each, and minutes to prepare.
STOCK_LIMIT = 100_000


def visit(number: int, size: int) -> dict:
    return {
        "id": str(uuid4()),
        "child": f"child-{number % max(1, size // VISITS_PER_CHILD)}",
        "date": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "mode": ("door", "phone", "video", "school")[number % 4],
        "format": "individual",
        "visitors": [f"staff-{number % 40}"],
        "person_met": "grandparent",
        "merits": "帮奶奶做家务，字写得比上学期工整",
        "problems": ["study", "affection"],
        "situation": "奶奶身体尚好，父母春节前后回家，每周视频一次",
        "revision": 1,
        "number": number,
    }


class Ours:
    name = "guanai"

    def __init__(self, folder: Path, size: int) -> None:
        self.path = folder / "records.db"
        self.table = RecordDB(Database.open(self.path), author="测试").table("home_visit")
        self.table.ensure_index("child")
        self.table.insert_multiple(visit(number, size) for number in range(size))

    def insert(self, document: dict) -> None:
        self.table.insert(document)

    def update(self, doc_id: int, fields: dict) -> None:
        self.table.update(fields, doc_ids=[doc_id])

    def search(self, child: str) -> list:
        return self.table.search(where("child") == child)

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self.table.rows())

    def reopened(self) -> "Ours":
        """Return the same as a new process finds it, nothing read yet."""
        again = object.__new__(Ours)
        again.table = RecordDB(Database.open(self.path)).table("home_visit")
        again.table.ensure_index("child")
        return again


class Bare:
    name = "sqlite3"

    def __init__(self, folder: Path, size: int) -> None:
        self.connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
        run = self.connection.execute
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run("CREATE TABLE visits (id INTEGER PRIMARY KEY, child TEXT, document TEXT)")
        run("CREATE INDEX visits_child ON visits (child)")
        run("BEGIN")
        for number in range(size):
            self._add(visit(number, size))
        run("COMMIT")

    def _add(self, document: dict) -> None:
        text = json.dumps(document, ensure_ascii=False)
        self.connection.execute(
            "INSERT INTO visits (child, document) VALUES (?, ?)", (document["child"], text)
        )

    def insert(self, document: dict) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        self._add(document)
        self.connection.execute("COMMIT")

    def update(self, doc_id: int, fields: dict) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        (text,) = self.connection.execute("SELECT document FROM visits WHERE id = ?", (doc_id,)).fetchone()
        changed = json.dumps({**json.loads(text), **fields}, ensure_ascii=False)
        self.connection.execute("UPDATE visits SET document = ? WHERE id = ?", (changed, doc_id))
        self.connection.execute("COMMIT")

    def search(self, child: str) -> list:
        rows = self.connection.execute("SELECT document FROM visits WHERE child = ? ORDER BY id", (child,))
        return [json.loads(text) for (text,) in rows]

    def frame(self) -> pd.DataFrame:
        rows = self.connection.execute("SELECT document FROM visits ORDER BY id")
        return pd.DataFrame([json.loads(text) for (text,) in rows])


class Stock:
    name = "TinyDB JSON"

    def __init__(self, folder: Path, size: int) -> None:
        self.table = self._opened(folder / f"{type(self).__name__}.json").table("home_visit")
        self.table.insert_multiple(visit(number, size) for number in range(size))

    def _opened(self, path: Path) -> TinyDB:
        return TinyDB(path)

    insert = Ours.insert
    update = Ours.update

    def search(self, child: str) -> list:
        return self.table.search(where("child") == child)

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self.table.all())


class Cached(Stock):
    name = "CachingMiddleware"

    def _opened(self, path: Path) -> TinyDB:
        return TinyDB(path, storage=CachingMiddleware(JSONStorage))


def timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def measure(systems: list, size: int, quick: bool) -> dict[str, dict[str, list[float]]]:
    """Return the times of each operation by system, in ms; the systems take turns."""
    counts = {"guanai": 400, "sqlite3": 400, "TinyDB JSON": 4 if size > 5000 else 20, "CachingMiddleware": 20}
    times: dict[str, dict[str, list[float]]] = {}
    rounds = 4 if quick else 10
    for turn, system in enumerate(systems * rounds):
        numbers = [turn * 1000 + count for count in range(max(2, counts[system.name] // rounds))]
        for operation, act in (
            ("insert", lambda number: system.insert(visit(size + number, size))),  # noqa: B023
            ("update by id", lambda number: system.update(number * 31 % size + 1, {"number": -number})),  # noqa: B023
            ("search by child", lambda number: system.search(f"child-{number * 7 % (size // 20)}")),  # noqa: B023
        ):
            measured = times.setdefault(operation, {}).setdefault(system.name, [])
            measured += [timed(lambda: act(number)) for number in numbers]  # noqa: B023
    ours = next(system for system in systems if system.name == "guanai")
    for _ in range(3 if quick else 5):
        cold = ours.reopened()
        times.setdefault("search by child, new process", {}).setdefault("guanai", []).append(
            timed(lambda: cold.search("child-3"))  # noqa: B023
        )
        fresh = ours.reopened()
        times.setdefault("frame, first load", {}).setdefault("guanai", []).append(timed(fresh.frame))
        for system in systems:
            ours.update(7, {"number": time.perf_counter()})  # somebody saved since: the next read fetches it
            times.setdefault("frame", {}).setdefault(system.name, []).append(timed(system.frame))
    floor = times["frame"]["sqlite3"]
    times["frame, first load"]["sqlite3"] = floor
    times["search by child, new process"]["sqlite3"] = times["search by child"]["sqlite3"]
    return times


def _insert_fifty(kind: str, path: Path, writer: int, saved: "multiprocessing.Queue") -> None:
    table = (RecordDB(Database.open(path)) if kind == "guanai" else TinyDB(path)).table("home_visit")
    for number in range(50):
        key = f"{writer}-{number}"
        with suppress(Exception):
            begun = time.perf_counter()
            table.insert({"id": key, **visit(number, 400), "key": key})
            saved.put((key, (time.perf_counter() - begun) * 1000))


def eight_at_once(kind: str, folder: Path) -> str:
    """Return what eight processes with 50 inserts each came to, in words."""
    path, saved = folder / f"eight-{kind}", multiprocessing.Queue()
    writers = [
        multiprocessing.Process(target=_insert_fifty, args=(kind, path, number, saved)) for number in range(8)
    ]
    for writer in writers:
        writer.start()
    acknowledged = []
    while any(writer.is_alive() for writer in writers) or not saved.empty():
        with suppress(Exception):
            acknowledged.append(saved.get(timeout=0.05))
    try:
        rows = (RecordDB(Database.open(path)) if kind == "guanai" else TinyDB(path)).table("home_visit").all()
    except Exception as error:
        return f"{len(acknowledged)} of 400 acknowledged, then unreadable ({type(error).__name__})"
    stored = [row["key"] for row in rows]
    lost = len({key for key, _ in acknowledged} - set(stored))
    waits = sorted(wait for _, wait in acknowledged)
    return (
        f"{len(acknowledged)} of 400 acknowledged, {lost} lost, {len(stored) - len(set(stored))} doubled; "
        f"median {statistics.median(waits):.1f} ms, worst {waits[-1]:.0f} ms"
    )


def table_lines(results: dict[int, dict[str, dict[str, list[float]]]]) -> list[str]:
    lines = [
        "| records | operation | guanai ms | bare sqlite3 ms | guanai / sqlite3 | TinyDB JSON ms | TinyDB / guanai "
        "| CachingMiddleware ms | Caching / guanai |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size, times in results.items():
        for operation, by_system in times.items():
            median = {name: statistics.median(measured) for name, measured in by_system.items()}
            ours, floor = median["guanai"], median["sqlite3"]
            cells = [f"{size:,}", operation, f"{ours:.2f}", f"{floor:.2f}", f"{ours / floor:.1f}"]
            for name in ("TinyDB JSON", "CachingMiddleware"):
                theirs = median.get(name)
                skipped = (
                    "skipped" if name == "TinyDB JSON" and size > STOCK_LIMIT and operation in TIMED else "-"
                )
                cells += [skipped, "-"] if theirs is None else [f"{theirs:.2f}", f"{theirs / ours:.0f}x"]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


TIMED = ("insert", "update by id", "search by child", "frame")


def targets(results: dict[int, dict[str, dict[str, list[float]]]], eight: str) -> list[str]:
    """Return each target with the figure reached."""

    def median(size: int, operation: str, system: str = "guanai") -> float:
        return statistics.median(results[size][operation][system])

    sizes = sorted(results)
    middle = 30_000 if 30_000 in results else sizes[-1]
    checks = [
        (
            "insert at most 3 times bare sqlite3",
            median(middle, "insert") / median(middle, "insert", "sqlite3"),
            3,
            -1,
        ),
        (
            "insert 100 times faster than TinyDB",
            median(middle, "insert", "TinyDB JSON") / median(middle, "insert"),
            100,
            1,
        ),
        (
            f"insert flat, {sizes[-1]:,} / {sizes[0]:,}",
            median(sizes[-1], "insert") / median(sizes[0], "insert"),
            1.5,
            -1,
        ),
        ("frame after first load, s below 0.3", median(middle, "frame") / 1000, 0.3, -1),
    ]
    lines = [
        f"- {'reached' if (got - limit) * sign >= 0 else 'MISSED'} at {middle:,}: {what}: {got:.2f}"
        for what, got, limit, sign in checks
    ]
    return [*lines, f"- eight processes at once, guanai: {eight}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 and 30,000 records only, fewer rounds")
    quick = parser.parse_args().quick
    results = {}
    with tempfile.TemporaryDirectory() as name:
        for size in (1_000, 30_000) if quick else (1_000, 30_000, 300_000):
            folder = Path(name, str(size))
            folder.mkdir()
            kinds = [Ours, Bare, Cached, *([Stock] if size <= STOCK_LIMIT else [])]
            results[size] = measure([kind(folder, size) for kind in kinds], size, quick)
        at_once = {kind: eight_at_once(kind, Path(name)) for kind in ("guanai", "TinyDB JSON")}
    lines = [
        f"Medians of one run; {os.cpu_count()} cores, Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}.",
        "",
        *table_lines(results),
        "",
        *targets(results, at_once["guanai"]),
        f"- eight processes at once, stock TinyDB: {at_once['TinyDB JSON']}",
    ]
    if not quick:
        lines.append("- stock TinyDB at 300,000 is skipped: every save would rewrite 150 MB")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
