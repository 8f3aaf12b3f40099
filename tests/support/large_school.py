"""A school of thousands of children, for measuring: the full sample school many times over, in one folder."""

from datetime import date
from pathlib import Path

from guanai.server.sample.make import make_sample, sample_records
from guanai.storage import open_school

__all__ = ["enlarge", "make_large"]

COPIES_TO_A_CAMPUS = 4  # as many left-behind children as a class of a big school has
# What tells the children of one copy from those of another: in a real register hardly two have the same name.
OTHERS = "安邦琛德恩芳格涵佳凯岚茂宁鹏琪蓉森桐薇曦妍哲博畅栋帆航俊康林敏楠沛然尚田文欣"
FORMS = ("staff", "class", "child", "pairing", "home_visit", "talk", "call")


def make_large(folder: Path, children: int, on: date) -> dict[str, int]:
    """Make a sample school of at least so many children; return how many records each form has."""
    counts = make_sample(folder, "full", on)
    more = enlarge(folder, -(-children // counts["child"]) - 1, on)
    return {form: counts[form] + more[form] for form in counts}


def enlarge(folder: Path, copies: int, on: date) -> dict[str, int]:
    """Add copies of the full sample school's records to a folder; staff and classes once for each campus."""
    records = sample_records("full", on)
    ids = {record["id"] for some in records.values() for record in some}
    classes = {group["name"] for group in records["class"]}
    school = open_school(folder)
    counts = dict.fromkeys(records, 0)
    try:
        for copy in range(1, copies + 1):
            campus = copy // COPIES_TO_A_CAMPUS
            shared = {record["id"] for form in ("staff", "class") for record in records[form]}
            marks = {
                record_id: _marked(record_id, campus if record_id in shared else copy) for record_id in ids
            }
            names = {name: f"{campus}区{name}" if campus else name for name in classes}
            for form in FORMS:
                if form in ("staff", "class") and copy % COPIES_TO_A_CAMPUS:
                    continue
                copies_of = [_copied(record, marks, names) for record in records[form]]
                for record in copies_of if form in ("staff", "child") else ():
                    record["name"] += OTHERS[(campus if form == "staff" else copy) % len(OTHERS)]
                counts[form] += school.insert_many(form, copies_of)
    finally:
        school.close()
    return counts


def _marked(identifier: str, number: int) -> str:
    """Return another id for each number, the same one for 0."""
    return (
        f"{identifier[:-6]}{(int(identifier[-6:], 16) + number * 65_537) % 16**6:06x}"
        if number
        else identifier
    )


def _copied(value, marks, names):
    if isinstance(value, dict):
        return {key: _copied(inner, marks, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_copied(inner, marks, names) for inner in value]
    return marks.get(value, names.get(value, value)) if isinstance(value, str) else value
