"""What it costs to ask who may see what, with ten thousand children: the reach of a person, the mask of a list, a frame.

``python tests/bench/access.py [--children 10000]``; ``make bench PART=access`` is the same. Processor time in milliseconds,
for somebody with a class, a helper, and who sees the whole school with some questions hidden. The second number is that of
the same question asked again while no record has changed.
"""

import argparse
import tempfile
import time
from pathlib import Path

from guanai.server.commands.console_output import print_line
from guanai.storage import create_school
from guanai.storage.records.records import Identity

PER_CLASS = 50
ROLES = (("homeroom",), ("helper",), ("librarian",), ("homeroom", "helper", "librarian"), ("headmaster",))


def milliseconds(work) -> float:
    """Return the processor time that a piece of work takes."""
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000


def fill(school, children):
    """Fill a school with classes of fifty, a talk with each child, and a helper for each tenth of them."""
    classes = [f"班{number}" for number in range(children // PER_CLASS)]
    school.insert_many(
        "staff", [{"id": f"s{number}", "name": f"师{number}"} for number in range(len(classes))]
    )
    school.insert_many("class", [
        {"id": f"k{number}", "name": name, "grade": number % 9, "homeroom": f"s{number}"} for number, name in enumerate(classes)
    ])  # fmt: skip
    school.insert_many("child", [
        {"id": f"c{number}", "name": f"童{number}", "class": classes[number % len(classes)], "phone": "13800001234",
         "id_number": "522726201605010014", "guardians": [{"name": "奶奶", "phone": "13900005678"}]}
        for number in range(children)
    ])  # fmt: skip
    school.insert_many("talk", [{"child": f"c{number}", "date": "2026-09-01"} for number in range(children)])
    school.insert_many("pairing", [
        {"child": f"c{number}", "role": "helper", "helper": f"s{number % len(classes)}", "start": "2020-09-01"}
        for number in range(0, children, 10)
    ])  # fmt: skip


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=10_000)
    children = parser.parse_args().children
    with tempfile.TemporaryDirectory() as folder:
        owner = create_school(Path(folder) / "school")
        fill(owner, children)
        frames = {name: owner.frame(name) for name in ("child", "talk")}
        owner.instances("child")
        print_line(
            "| who | reach | mask of children | mask of talks | frame of children | of talks | choices |"
        )
        print_line("|---|---|---|---|---|---|---|")
        for roles in ROLES:
            person = owner.as_identity(Identity("师7", "s7", roles)).reuse_cache_of(owner)
            access = person.access
            access.rights  # noqa: B018 - the sheet is read once a process
            asked = [
                lambda access=access: access.children(),
                lambda access=access: access.mask_of("see", "child", frames["child"]),
                lambda access=access: access.mask_of("see", "talk", frames["talk"]),
                lambda person=person: person.frame("child"),
                lambda person=person: person.frame("talk"),
                lambda person=person: person.instances("child"),
            ]
            times = [f"{milliseconds(work):.1f} / {milliseconds(work):.1f}" for work in asked]
            print_line("| " + " | ".join(["、".join(roles), *times]) + " |")
        owner.close()


if __name__ == "__main__":
    main()
