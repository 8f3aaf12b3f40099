"""How long an import of 10,000 children takes: reading the workbook, looking at each row, writing, taking it back.

Run it by hand: ``python -m tests.bench_imports [ROWS]``; it prints seconds and is no test.
"""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from guanai.server.samples import make_sample
from guanai.storage import create_school, open_school
from guanai.storage.exports import export
from guanai.storage.import_sources import read_source


def measure(rows):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make_sample(place / "from", "small", date.today())
        source = open_school(place / "from")
        children = source.table("child").rows()
        new = [
            {
                **children[number % len(children)],
                "id": f"01a20094-374d-7474-a28b-{number:012x}",
                "name": f"林{_name(number)}",
            }
            for number in range(rows)
        ]
        for child in new:
            for key in ("id_number", "number"):
                child.pop(key, None)
        many = create_school(place / "many")
        into = create_school(place / "into")
        for school in (many, into):
            for form in ("staff", "class"):
                school.load(form, source.table(form).rows())
        many.load("child", new)
        seconds = {}
        clock = time.perf_counter()
        export(many, "child", place / "children.xlsx")
        seconds["export"] = time.perf_counter() - clock
        clock = time.perf_counter()
        read = read_source(place / "children.xlsx")
        seconds["read"] = time.perf_counter() - clock
        clock = time.perf_counter()
        plan = into.imports.plan("child", read)
        seconds["look"] = time.perf_counter() - clock
        seconds |= {state: count for state, count in plan.counts.items() if count}
        clock = time.perf_counter()
        done = into.imports.carry_out(plan)
        seconds["write"] = time.perf_counter() - clock
        clock = time.perf_counter()
        again = into.imports.plan("child", read)
        seconds["look again"] = time.perf_counter() - clock
        assert again.counts["same"] == plan.counts["new"]
        clock = time.perf_counter()
        into.imports.undo(done.id)
        seconds["undo"] = time.perf_counter() - clock
        for school in (source, many, into):
            school.close()
        return seconds


def _name(number):
    return "".join(chr(0x4E00 + number // 97**place % 97 * 37) for place in range(3))


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for name, value in measure(size).items():
        print(f"{name:>12} {value:8.2f}" if isinstance(value, float) else f"{name:>12} {value:8}")  # noqa: T201
