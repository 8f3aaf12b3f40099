"""What is to be done, what a term leaves and what its coverage is, as plain loops over the lines of `support.plain_duties`.

Each rule stands under the sentence it is. Of the texts that people read nothing is said here.
"""

from datetime import timedelta

from support.plain_duties import OPEN, STATUSES
from support.plain_school import CHILDREN, PlainSchool

WEIGHTS = ("protect", "harm", "promise", "important", "ordinary", "minor")
# "any register with child and date that a person holds with the child or home"
# A letter is no contact: one of the school goes to all homes.
CONTACTS = (
    "talk", "call", "home_visit", "family_call", "parent_contact", "guardian_contact", "counselling", "parent_call",
)  # fmt: skip
STAYS_OPEN = ("state", "open", "event", "helper", "quota", "complete")


def plain_to_do(policy, registers, lines, on):
    """Return the rows of a day as dicts, in their order: "one row per subject and duty, one row per cause"."""
    school = PlainSchool(policy, registers, on)
    duties = {duty.name: duty for duty in policy.duties}
    coordinators = coordinators_of(school)
    by_subject, by_cause = {}, {}
    for line in lines:
        by_subject.setdefault((line["duty"], line["kind"], line["subject_id"], line["role"]), []).append(line)
    rows = []
    for own in by_subject.values():
        # "Missed lines are never rows of their own: they are numbers in the row of the current line."
        open_lines = sorted((line for line in own if line["status"] in OPEN), key=urgency)
        if not open_lines:
            continue
        cause = cause_of(duties[open_lines[0]["duty"]], open_lines[0])
        if cause:
            by_cause.setdefault(cause, []).extend(open_lines)
            continue
        rows.append(row_of(school, duties[open_lines[0]["duty"]], own, open_lines, coordinators))
    # "Rows with nobody responsible become one row per cause, who = the coordinators"
    for cause, caused in by_cause.items():
        first = min(caused, key=urgency)
        tiers = [tier_of(line, on) for line in caused]
        rows.append(
            cause_row(cause, [line["subject_id"] for line in caused], coordinators)
            | {"tier": min([*tiers, 4]) if cause == "helper" else min(tiers), "lines": len(caused), "due": first["due"]}
            | {"weight": first["weight"], "status": first["status"], "since": first["since"]}
        )  # fmt: skip
    if children := without_contact(school):
        rows.append(cause_row("no_contact", children, coordinators) | {"tier": 4, "lines": len(children)})
    return sorted(rows, key=place)


def coordinators_of(school):
    """Return the coordinators: "post coordinator; if there is none the headmaster; else everybody with no name"."""
    for post in ("coordinator", "headmaster"):
        people = [
            row["id"] for row in school.of("staff") if row.get("role") == post and row.get("active") != "no"
        ]
        if people:
            return people
    return []


def urgency(line):
    """Return how urgent an open line is: the order of statuses, then the day until when."""
    return STATUSES.index(line["status"]), line["due"] is None, line["due"], line["since"]


def cause_of(duty, line):
    """Return why nobody does it: "helper, homeroom, a post's name"; "" where somebody is responsible."""
    if duty.kind == "helper" and line["have"] == 0:
        return "helper"
    return line["nobody"]


def cause_row(cause, members, coordinators):
    return {
        "cause": cause, "duty": "", "kind": "", "subject_id": "", "who_ids": tuple(coordinators), "due": None,
        "since": None, "status": "", "weight": "", "run": 0, "raised": "", "raised_ids": (),
        "members": tuple(sorted(set(members))),
    }  # fmt: skip


def row_of(school, duty, own, open_lines, coordinators):
    """Return the row of a subject and duty: what its most urgent open line says, and the numbers of the term."""
    line = open_lines[0]
    run = missed_in_a_row(own)
    raised, raised_ids = risen(school, duty, line, run, coordinators)
    days = [
        record["date"]
        for entry in own
        for register in duty.records
        for record in school.about(line["kind"], line["subject_id"], register)
        if record["id"] in entry["counted"] and record.get("date")
    ]
    return {
        "tier": tier_of(line, school.on), "cause": "", "duty": line["duty"], "kind": line["kind"],
        "subject_id": line["subject_id"],
        # "never a line for nobody: it goes to the coordinator"
        "who_ids": line["who_ids"] or tuple(coordinators), "due": line["due"], "since": line["since"],
        "status": line["status"], "weight": line["weight"], "lines": len(open_lines), "periods": len(own),
        "missed": sum(entry["status"] == "missed" for entry in own), "run": run, "last": max(days, default=None),
        "members": (line["subject_id"],), "raised": raised, "raised_ids": raised_ids,
    }  # fmt: skip


def tier_of(line, on):
    """Return the tier, 1 to 8, of a row by its most urgent open line; that of a cause is found from its lines."""
    sunday = on + timedelta(days=6 - on.weekday())
    if line["status"] == "postponed":
        return 8  # "8 postponed"
    if line["weight"] in WEIGHTS[:3]:
        return 1 + WEIGHTS.index(line["weight"])  # "tier 1 weight protect; 2 harm; 3 promise"
    if line["status"] == "standing":
        return 6  # "6 standing by weight, then age (oldest first)"
    # "5 to_do whose due is by Sunday of this week; 7 other to_do by due"
    return 5 if line["due"] is not None and line["due"].date() <= sunday else 7


def place(row):
    """Return the place of a row in the list."""
    weight = WEIGHTS.index(row["weight"]) if row["tier"] == 6 else 0
    return row["tier"], weight, row["due"] is None, row["due"], row["duty"], row["cause"], row["subject_id"]


def missed_in_a_row(own):
    """Return "run (missed in a row just before now)" of the lines of a subject and duty."""
    run = 0
    for line in sorted((line for line in own if line["status"] not in OPEN), key=lambda line: line["since"]):
        run = run + 1 if line["status"] == "missed" else 0
    return run


def risen(school, duty, line, run, coordinators):
    """Return to whom a row has risen.

    "run >= escalate: also to the homeroom teacher; run >= 2 x escalate, or if the homeroom teacher is the responsible one or
    there is none: to the coordinator."
    """
    if duty.escalate is None or run < duty.escalate:
        return "", ()
    room = None
    if line["kind"] in CHILDREN:
        room = school.children[line["subject_id"]].get("class")
    elif line["kind"] == "class":
        room = line["subject_id"]
    homeroom = school.classes.get(room, {}).get("homeroom")
    if school.staff.get(homeroom, {}).get("active", "no") == "no" or homeroom in line["who_ids"]:
        return "coordinator", tuple(coordinators)
    if run < 2 * duty.escalate:
        return "homeroom", (homeroom,)
    return "coordinator", tuple(dict.fromkeys((homeroom, *coordinators)))


def without_contact(school):
    """Return the "children in care without any contact for no_contact_weeks x 5 school days of the term"."""
    number = school.policy.no_contact_weeks * 5
    days = (
        [day for day in school.calendar.school_days(school.term) if day <= school.on] if school.term else []
    )
    if len(days) < number:
        return []
    since, children = days[-number], []
    for child, _, first, last, _ in school.subjects("child"):
        if not (first <= since and school.on <= last):
            continue
        contacts = [
            record
            for register in CONTACTS
            for record in school.about("child", child, register)
            if record.get("date") and since <= record["date"] <= school.on
            and (register != "home_visit" or record.get("mode"))
        ]  # fmt: skip
        if not contacts:
            children.append(child)
    return children


def plain_coverage(policy, lines):
    """Return one row per duty and subject, as dicts by duty, kind and subject."""
    only_counted = {duty.name for duty in policy.duties if duty.per == "often"}
    table = {}
    for line in lines:
        row = table.setdefault(
            (line["duty"], line["kind"], line["subject_id"]), dict.fromkeys(("periods", *STATUSES), 0)
        )
        row["periods"] += 1
        row[line["status"]] += 1
    for (duty, _, _), row in table.items():
        # "share = done in time / periods not excused; late_share = late / the same; met: nothing missed, standing or late"
        owed = row["periods"] - row["excused"]
        counts = owed > 0 and duty not in only_counted
        row["share"] = row["done"] / owed if counts else None
        row["late_share"] = row["late"] / owed if counts else None
        row["met"] = not (row["missed"] or row["standing"] or row["late"])
    return table


def plain_closing_list(policy, lines):
    """Return "what was missed and what stands over": one row per duty and subject with missed > 0 or standing > 0."""
    kinds = {duty.name: duty.kind for duty in policy.duties}
    return {
        key: {name: row[name] for name in ("periods", "done", "late", "missed", "standing")}
        | {"stays_open": kinds[key[0]] in STAYS_OPEN}
        for key, row in plain_coverage(policy, lines).items()
        if row["missed"] or row["standing"]
    }
