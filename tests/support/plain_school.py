"""A school as plain lists of dicts: whom a duty is owed for, whose a record is, who is responsible, what is known on a day.

Read by `support.plain_duties` only. Nothing here uses the rules in `guanai.care.duties`: every question is answered child
by child and record by record, the slow way. A register is a list of dicts with `date`, `datetime`, text, lists, or None.
"""

from datetime import date, datetime, time, timedelta

DAY = timedelta(days=1)
ALWAYS, FOREVER = date(1900, 1, 1), date(2199, 12, 31)
CHILDREN = ("child", "guardian", "parent")
STAFF = ("teacher", "helper", "staff")
LEFT_BEHIND = {
    "both": lambda away, unable: away == 2,
    "one": lambda away, unable: away >= 1,
    "13": lambda away, unable: away == 2 or (away == 1 and unable),
}


class PlainSchool:
    """The registers of a school as they are known on a day, with the questions that every kind of duty asks of them."""

    def __init__(self, policy, registers, on, now=None, known=None):
        self.policy, self.on, self.has_time = policy, on, now is not None
        self.now = now or datetime.combine(on, time())
        self.calendar = policy.calendar
        # "records with created_at on a later day" are not known; "known: None = on"
        last_known = (known or on).isoformat()
        self.registers = {
            name: [record for record in records if str(record.get("created_at") or "")[:10] <= last_known]
            for name, records in registers.items()
        }
        begun = [term for term in self.calendar.terms if term.start <= on]
        self.term = begun[-1] if begun else None
        self.classes = {row["name"]: row for row in self.of("class")}
        self.classes |= {row["id"]: row for row in self.of("class")}
        self.staff = {row["id"]: row for row in self.of("staff")}
        self.children = {row["id"]: row for row in self.of("child")}
        self.records_by_child, self.pairs_by_child = {}, {}  # so that the loops are linear too
        for pair in self.of("pairing"):
            self.pairs_by_child.setdefault(pair["child"], []).append(pair)
        for name, records in self.registers.items():
            for record in records:
                for child in children_of(record):
                    self.records_by_child.setdefault((name, child), []).append(record)
        self.decisions = {}
        for decision in self.of("deferral"):
            subject = decision.get("child") or decision.get("subject") or ""
            line = (decision.get("duty"), decision.get("subject_kind"), subject, decision.get("role") or "")
            self.decisions.setdefault((*line, decision.get("since")), []).append(decision)
        self.ids_in_care = {subject for subject, *_ in self.subjects("child")}

    def of(self, register):
        """Return the records of a register."""
        return self.registers.get(register, [])

    def about(self, kind, subject, register):
        """Return the records that may be about a subject."""
        return self.records_by_child.get((register, subject), []) if kind in CHILDREN else self.of(register)

    # Whom

    def subjects(self, kind):
        """Return id, class, first and last day, and the record, of every subject: owed from when the school began."""
        for subject, room, first, last, record in self.everybody(kind):
            yield subject, room, max(first, self.policy.began or first), last, record

    def subjects_of(self, duty):
        """Return the subjects of a duty, those that meet its condition."""
        for subject in self.subjects(duty.subject):
            if meets(subject[4], duty.subject_condition):
                yield subject

    def everybody(self, kind):
        """Return id, class, first and last day, and the record, of every subject of a kind."""
        if kind in CHILDREN:
            for child in self.of("child"):
                span = self.span(child)
                statuses = [child.get("father_status"), child.get("mother_status")]
                if span is None or (
                    kind == "parent" and all(status in ("deceased", "lost") for status in statuses)
                ):
                    continue
                room = self.classes.get(child.get("class"), {})
                record = child | {name: room[name] for name in ("grade", "level") if name in room}
                yield child["id"], room.get("name", child.get("class") or ""), *span, record
        elif kind == "class":
            for row in self.of("class"):
                yield row["id"], row["name"], ALWAYS, FOREVER, row
        elif kind == "school":
            yield "", "", ALWAYS, FOREVER, {}
        elif kind in ("teacher", "staff"):
            # "staff: every active member of staff, logistics too. teacher stays the teaching staff."
            for row in self.of("staff"):
                if row.get("active") != "no" and (kind == "staff" or row.get("role") != "logistics"):
                    yield row["id"], "", ALWAYS, FOREVER, row
        else:
            for row in self.of("staff"):
                pairs = [
                    pair for pair in self.of("pairing")
                    if pair["role"] == "helper" and pair.get("helper") == row["id"] and pair.get("start")
                ]  # fmt: skip
                if pairs:
                    first = min(pair["start"] for pair in pairs)
                    yield row["id"], "", first, max(pair.get("end") or FOREVER for pair in pairs), row

    def left_behind(self, father, mother):
        """Say whether a child counts by its parents' status; "by `listed` whoever has a dossier"."""
        if self.policy.definition == "listed":
            return True
        if not father or not mother:
            return False
        away = (father == "away") + (mother == "away")
        return LEFT_BEHIND[self.policy.definition](away, "home" not in (father, mother))

    def span(self, child):
        """Return the first and the last day on which a child is in care, None if it never was."""
        father, mother = child.get("father_status"), child.get("mother_status")
        counts = self.left_behind(father, mother)
        if not father and not mother and self.policy.definition != "listed":
            counts = child.get("eligible") == "yes"
        began, ended = child.get("left_behind_from"), child.get("left_behind_until")
        left = child.get("status") not in (None, "", "enrolled")
        since = child.get("status_since") or ended
        if not (counts or ended) or (left and not since):
            return None
        until = FOREVER
        # "empty: that of the definition; national definition 13: 16; every other definition: none"
        if (born := child.get("birth_date")) and self.policy.age_limit is not None:
            try:
                until = born.replace(year=born.year + self.policy.age_limit) - DAY
            except ValueError:  # as the frames reckon: 29 February is the 28th in a common year
                until = date(born.year + self.policy.age_limit, 2, 27)
        if left:  # F3: who leaves on the last day of a term has been there to its end
            last_days = [term.end for term in self.calendar.terms]
            until = min(until, since if since in last_days else since - DAY)
        if ended and not counts:
            until = min(until, ended - DAY)
        begin = child.get("registered_on") or ALWAYS
        return (max(begin, began) if began else begin), until

    def owns(self, kind, subject, register, record):
        """Say whether a record is about a subject."""
        if kind == "school":
            return True
        if kind in CHILDREN:
            return subject in children_of(record)
        if kind == "class":
            room = record.get("class")
            if room is None:
                if record.get("child") not in self.ids_in_care:
                    return False
                room = self.children[record["child"]].get("class")
            return self.classes.get(room, {}).get("id") == subject
        return subject in makers(register, record)

    # Who

    def made_by(self, duty, subject, register, record, by):
        """Say whether somebody made a record whose records count."""
        return not by or any(
            self.has_role(role, duty.subject, subject, person, record["date"])
            for role in by
            for person in makers(register, record)
            if person in self.staff
        )

    def has_role(self, role, kind, subject, person, day):
        """Say whether a person has a role towards a subject on a day."""
        if role == "self":
            return kind in STAFF and person == subject
        if role == "helper":
            pairs = self.pairs_by_child.get(subject, []) if kind in CHILDREN else self.of("pairing")
            return any(
                pair["role"] == "helper" and pair.get("helper") == person and pair.get("start")
                and (kind not in CHILDREN or pair["start"] <= day <= (pair.get("end") or FOREVER))
                for pair in pairs
            )  # fmt: skip
        if role == "homeroom":
            if kind in CHILDREN:
                room = self.classes.get(self.children[subject].get("class"))
                return room is not None and room["homeroom"] == person
            return any(
                room["homeroom"] == person
                for room in self.of("class")
                if kind != "class" or room["id"] == subject
            )
        return self.staff[person].get("role") == role

    def responsible(self, kind, subject, roles):
        """Return the ids of who is responsible, in the order of the register of staff."""
        roles = roles or (("self",) if kind in STAFF else ())
        people = {person for role in roles for person in self.holders(role, kind, subject)}
        # "Never a line for nobody": who has left the school does nothing any more.
        return [
            person for person, row in self.staff.items() if person in people and row.get("active") != "no"
        ]

    def holders(self, role, kind, subject):
        """Return who has a role towards a subject on the day."""
        if role == "self":
            return [subject] if kind in STAFF else []
        if role == "helper" and kind in (*CHILDREN, "class"):
            pairs = self.pairs_by_child.get(subject, []) if kind in CHILDREN else []
            return [
                pair["helper"]
                for pair in pairs
                if self.has_role(role, kind, subject, pair.get("helper"), self.on)
            ]
        if role == "homeroom" and kind in (*CHILDREN, "class"):
            room = self.classes.get(self.children[subject].get("class") if kind in CHILDREN else subject, {})
            return [room.get("homeroom")]
        return [person for person, row in self.staff.items() if row.get("role") == role]

    def why_nobody(self, roles, people):
        """Return "helper" no helper, "homeroom" class has no homeroom teacher, else the vacant post's role name."""
        # Oneself is no post that could be vacant.
        return roles[0] if roles and roles[0] != "self" and not people else ""

    # What

    def evidence(self, duty, subject, by):
        """Return day, id, register, record and place of what counts for a subject up to the day, the oldest first."""
        records = []
        for register in duty.records:
            # "It applies to the records of that register only; a clause without it applies to every register of the row."
            clauses = [clause for clause in duty.condition if clause.register in ("", register)]
            for record in self.about(duty.subject, subject, register):
                if not record.get("date") or record["date"] > self.on:
                    continue
                if register == "home_visit" and not record.get("mode"):
                    continue
                if not meets(record, clauses) or not self.owns(duty.subject, subject, register, record):
                    continue
                if self.made_by(duty, subject, register, record, by):
                    records.append((record["date"], record["id"], register, record, len(records)))
        return sorted(records, key=lambda entry: entry[:2])

    def as_known(self, record, names):
        """Return a record without what its fields say of later.

        "dates/moments in the fields of a state later than `on` (than `now` where given) count as empty"
        """
        return record | {name: None for name in names if self.is_later(record.get(name))}

    def is_later(self, value):
        """Say whether a day or a moment is after the day asked for, or after the time of day where one is given."""
        if isinstance(value, datetime):
            return value > self.now if self.has_time else value.date() > self.on
        return isinstance(value, date) and value > self.on

    def decided(self, duty, kind, roles, subject, since):
        """Return the last decision about a line that is known on the day, None if there is none."""
        role = roles[0] if duty.by == ("each",) and roles else ""
        decisions = [
            decision
            for decision in self.decisions.get((duty.name, kind, subject, role, since), [])
            if decision.get("date") and decision["date"] <= self.on
            and (decision["kind"] == "excuse" or (decision["kind"] == "postpone" and decision.get("until")))
        ]  # fmt: skip
        return max(decisions, key=lambda decision: (decision["date"], decision["id"]), default=None)


def children_of(record):
    """Return the children whom a record is about: its child, or those that it lists."""
    if record.get("child"):
        return [record["child"]]
    several = record.get("children") or []
    return several.split() if isinstance(several, str) else several


def makers(register, record):
    """Return the people who made a record."""
    people = record.get("visitors" if register == "home_visit" else "by")
    return people.split() if isinstance(people, str) else list(people or [])


def meets(record, clauses):
    """Say whether a record meets every clause of a condition."""
    for clause in clauses:
        value = record.get(clause.field)
        if clause.order:
            holds = value is not None and {
                ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, "<": lambda a, b: a < b,
            }[clause.order](float(value), float(clause.values[0]))  # fmt: skip
        else:
            several = value if isinstance(value, list) else [value]
            answers = {str(part) for part in several if part not in (None, "")} or {""}
            holds = bool(answers & set(clause.values)) != clause.negated
        if not holds:
            return False
    return True


def every(first, last):
    """Return every day from the first to the last."""
    return [first + number * DAY for number in range((last - first).days + 1)]


def midnight(value):
    """Return a day as the first moment of it, a moment as it is."""
    return value if isinstance(value, datetime) else datetime.combine(value, time())
