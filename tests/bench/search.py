"""How long it takes to find one child among 10,000: by name, initials, pinyin, village and telephone.

``python tests/bench/search.py [CHILDREN]`` prints milliseconds and is no test. *Cold* is a process in which nothing has
been made ready, searched as soon as the page is there; *forked* is what a page's kernel is on Linux: a copy of a process
that has shown the page before; *alike* is the question whether a new child is there already.
"""

import os
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from support.large_school import make_large

from guanai.storage import open_school
from guanai.widgets.base import name_search
from guanai.widgets.base.name_search import find

COLUMNS = ("name", "village", "class", "phone", "contact_phone", "guardians")
WORDS = ("zs", "wangx", "小雨", "东村", "1391", "三年级 li")


def milliseconds(act):
    clock = time.perf_counter()
    act()
    return (time.perf_counter() - clock) * 1000


def apart(act):
    """Return what a process forked now measures."""
    reader, writer = os.pipe()
    if not (child := os.fork()):
        os.write(writer, f"{act():.1f}".encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answer:
        return float(answer.read())


def measure(children):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "school"
        make_large(place, children, date.today())
        school = open_school(place)
        frame = school.frame("child")
        yield "children", len(frame)
        yield "cold", apart(lambda: milliseconds(lambda: find(frame, "zs", *COLUMNS)))
        yield "prepared", milliseconds(lambda: name_search._prepare(frame, COLUMNS))
        for word in WORDS:
            yield f"forked {word}", apart(lambda word=word: milliseconds(lambda: find(frame, word, *COLUMNS)))
        again = max(milliseconds(lambda word=word: find(frame, word, *COLUMNS)) for word in WORDS)
        yield "again", again
        new = {"name": "林小雨", "birth_date": "2016-05-04", "sex": "female"}
        yield "alike", milliseconds(lambda: school.duplicates.like(new))
        yield "alike again", milliseconds(lambda: school.duplicates.like(new))
        school.close()


if __name__ == "__main__":
    for name, value in measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000):
        print(f"{name:>18} {value:8.1f}")  # noqa: T201
