"""How long an import of 10,000 children takes: reading the workbook, looking at each row, writing, taking it back.

``python tests/bench/imports.py [ROWS]`` prints seconds, and of them the processor's own, which a busy machine does not
change; it is no test. Each child has one guardian, however many the sample gives them: a look takes as long as the
children have answers.
"""

import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from guanai.server.sample.make import make_sample
from guanai.storage import create_school, open_school
from guanai.storage.exports.export import write_export
from guanai.storage.imports.sources import read_source


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
                "guardians": children[number % len(children)].get("guardians", [])[:1],
                "birth_date": (date.today() - timedelta(days=2600 + number % 2900)).isoformat(),
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
                school.insert_many(form, source.table(form).rows())
        many.insert_many("child", new)
        seconds = {}

        def timed(name, act):
            clock, own = time.perf_counter(), time.process_time()
            result = act()
            seconds[name] = (time.perf_counter() - clock, time.process_time() - own)
            return result

        timed("export", lambda: write_export(many, "child", place / "children.xlsx"))
        read = timed("read", lambda: read_source(place / "children.xlsx"))
        preview = timed("look", lambda: into.imports.preview("child", read))
        done = timed("write", lambda: into.imports.apply(preview))
        again = timed("look again", lambda: into.imports.preview("child", read))
        assert again.counts["same"] == preview.counts["new"]
        timed("undo", lambda: into.imports.undo(done.id))
        for school in (source, many, into):
            school.close()
        return seconds


def _name(number):
    return "".join(chr(0x4E00 + number // 97**place % 97 * 37) for place in range(3))


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for name, (whole, own) in measure(size).items():
        print(f"{name:>12} {whole:8.2f} {own:8.2f}")  # noqa: T201
