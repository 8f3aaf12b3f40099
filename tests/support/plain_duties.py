"""The rules of `guanai.care.duties.due.due` once more, as plain loops over records: an independent reading of them.

Nothing is shared with the rules but what a policy and a calendar say (`Duty`, `Calendar`, `periods`): whose a
record is, what counts, who is in care, what is owed and what is answered is worked out here child by child and
record by record, the slow way. Registers are lists of dicts with `date`, `datetime`, text, lists, or None.
"""

from datetime import date, datetime, time, timedelta
from math import ceil, floor

import pandas as pd

from guanai.care.calendar.periods import IN_TERM, periods

DAY = timedelta(days=1)
ALWAYS, FOREVER = date(1900, 1, 1), date(2199, 12, 31)
CHILDREN = ("child", "guardian", "parent")
COUNTED = {
    "both": lambda away, unable: away == 2,
    "one": lambda away, unable: away >= 1,
    "13": lambda away, unable: away == 2 or (away == 1 and unable),
}


def plain_due(policy, registers, on, done=False, now=None):
    """Return the lines as a set of tuples, in no order: see `LINE`."""
    school = School(policy, registers, on, done, now)
    lines = []
    for duty in policy.duties:
        if not duty.in_force:
            continue
        for roles in [(role,) for role in duty.who] if duty.by == ("each",) else [duty.who]:
            by = roles if duty.by == ("each",) else duty.by
            for line in KINDS[duty.kind](school, duty, by):
                lines += school.line(duty, roles, **line)
    return lines


LINE = (
    "duty",
    "kind",
    "subject_id",
    "who",
    "since",
    "due",
    "status",
    "period",
    "need",
    "have",
    "counted",
    "class",
)


class School:
    def __init__(self, policy, registers, on, done, now):
        self.policy, self.on, self.done = policy, on, done
        self.now = now or datetime.combine(on, time())
        self.registers = registers
        self.calendar = policy.calendar
        begun = [term for term in self.calendar.terms if term.start <= on]
        self.term = begun[-1] if begun else None
        self.classes = {row["name"]: row for row in self.of("class")} | {
            row["id"]: row for row in self.of("class")
        }
        self.staff = {row["id"]: row for row in self.of("staff")}
        self.children = {row["id"]: row for row in self.of("child")}
        self.records_by_child, self.pairs_by_child = (
            {},
            {},
        )  # records and pairings by child: so the loops are linear too
        for pair in self.of("pairing"):
            self.pairs_by_child.setdefault(pair["child"], []).append(pair)
        for name, records in registers.items():
            for record in records:
                self.records_by_child.setdefault((name, record.get("child")), []).append(record)
        self.decisions = {}
        for one in self.of("deferral"):
            named = (
                one.get("duty"),
                one.get("subject_kind"),
                one.get("child") or one.get("subject") or "",
                one.get("role") or "",
            )
            self.decisions.setdefault((*named, one.get("since")), []).append(one)
        self.ids_in_care = {one[0] for one in self.subjects("child")}

    def of(self, register):
        return self.registers.get(register, [])

    def about(self, kind, subject, register):
        """Return the records that may be about a subject."""
        return self.records_by_child.get((register, subject), []) if kind in CHILDREN else self.of(register)

    # Whom

    def subjects(self, kind):
        """Return id, class, first and last day, and the record, of every subject: owed from when the school began."""
        for name, room, first, last, record in self.everybody(kind):
            yield name, room, max(first, self.policy.began or first), last, record

    def everybody(self, kind):
        """Return id, class, first and last day, and the record, of every subject of a kind."""
        if kind in CHILDREN:
            for child in self.of("child"):
                span = self.span(child)
                gone = all(
                    child.get(f"{parent}_status") in ("deceased", "lost") for parent in ("father", "mother")
                )
                if span and not (kind == "parent" and gone):
                    room = self.classes.get(child.get("class"), {})
                    yield (
                        child["id"],
                        room.get("name", child.get("class") or ""),
                        *span,
                        child | {name: room[name] for name in ("grade", "level") if name in room},
                    )
        elif kind == "class":
            for row in self.of("class"):
                yield row["id"], row["name"], ALWAYS, FOREVER, row
        elif kind == "school":
            yield "", "", ALWAYS, FOREVER, {}
        elif kind == "teacher":
            for row in self.of("staff"):
                if row.get("active") != "no" and row.get("role") != "logistics":
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
        if not father or not mother:
            return False
        away = (father == "away") + (mother == "away")
        return COUNTED[self.policy.definition](away, "home" not in (father, mother))

    def span(self, child):
        father, mother = child.get("father_status"), child.get("mother_status")
        counts = self.left_behind(father, mother)
        if not father and not mother:
            counts = child.get("eligible") == "yes"
        began, ended = child.get("left_behind_from"), child.get("left_behind_until")
        left = child.get("status") not in (None, "", "enrolled")
        since = child.get("status_since") or ended
        if not (counts or ended) or (left and not since):
            return None
        until = FOREVER
        if born := child.get("birth_date"):
            try:
                until = born.replace(year=born.year + 16) - DAY
            except ValueError:
                until = date(
                    born.year + 16, 2, 27
                )  # as the frames reckon: 29 February is 28 in a common year
        if left:
            until = min(until, since - DAY)
        if ended and not counts:
            until = min(until, ended - DAY)
        begin = child.get("registered_on") or ALWAYS
        return max(begin, began) if began else begin, until

    def subjects_of(self, duty):
        for one in self.subjects(duty.subject):
            if meets(one[4], duty.subject_condition):
                yield one

    def owns(self, kind, subject, register, record):
        """Say whether a record is about a subject."""
        if kind == "school":
            return True
        if kind in CHILDREN:
            return record.get("child") == subject
        if kind == "class":
            room = record.get("class")
            if room is None:
                if record.get("child") not in self.ids_in_care:
                    return False
                room = self.children[record["child"]].get("class")
            return self.classes.get(room, {}).get("id") == subject
        return subject in makers(register, record)

    # Whose

    def made_by(self, duty, subject, register, record, by):
        return not by or any(
            self.has_role(role, duty.subject, subject, person, record["date"])
            for role in by
            for person in makers(register, record)
            if person in self.staff
        )

    def has_role(self, role, kind, subject, person, day):
        if role == "self":
            return kind in ("teacher", "helper") and person == subject
        if role == "helper":
            return any(
                pair["role"] == "helper" and pair.get("helper") == person and pair.get("start")
                and (kind not in CHILDREN or (pair["child"] == subject and pair["start"] <= day <= (pair.get("end") or FOREVER)))
                for pair in (self.pairs_by_child.get(subject, []) if kind in CHILDREN else self.of("pairing"))
            )  # fmt: skip
        if role == "homeroom":
            if kind in CHILDREN:
                room = self.classes.get(self.children[subject].get("class"))
                return room is not None and room["homeroom"] == person
            return any(self.homeroom(room, kind, subject) == person for room in self.of("class"))
        return self.staff[person].get("role") == role

    def homeroom(self, room, kind, subject):
        if kind == "class":
            return room["homeroom"] if room["id"] == subject else None
        return room["homeroom"]

    def responsible(self, kind, subject, roles):
        if not roles and kind in ("teacher", "helper"):
            roles = ("self",)
        people = {person for role in roles for person in self.holders(role, kind, subject)}
        return "、".join(row["name"] for person, row in self.staff.items() if person in people)

    def holders(self, role, kind, subject):
        if role == "self":
            return [subject] if kind in ("teacher", "helper") else []
        if role == "helper" and kind in (*CHILDREN, "class"):
            pairs = self.pairs_by_child.get(subject, []) if kind in CHILDREN else []
            return [
                p["helper"] for p in pairs if self.has_role(role, kind, subject, p.get("helper"), self.on)
            ]
        if role == "homeroom" and kind in (*CHILDREN, "class"):
            room = self.classes.get(self.children[subject].get("class") if kind in CHILDREN else subject, {})
            return [room.get("homeroom")]
        return [
            person
            for person, row in self.staff.items()
            if row.get("role") == role and row.get("active") != "no"
        ]

    # What counts

    def evidence(self, duty, subject, by):
        """Return the records of a subject that count up to the day, oldest first."""
        records = []
        for register in duty.records:
            for record in self.about(duty.subject, subject, register):
                if not record.get("date") or record["date"] > self.on:
                    continue
                if register == "home_visit" and not record.get("mode"):
                    continue
                if not meets(record, duty.condition) or not self.owns(
                    duty.subject, subject, register, record
                ):
                    continue
                if self.made_by(duty, subject, register, record, by):
                    records.append((record["date"], record["id"], register, record))
        return sorted(records, key=lambda one: one[:2])

    def line(self, duty, roles, subject, room, since, until, need, have, met, counted, period="", kind=None):
        if until is not None:
            until = (
                until if isinstance(until, datetime) else datetime.combine(until, time())
            ) + duty.grace_days * DAY
        kind = kind or duty.subject
        momentary = duty.limit and duty.limit.momentary
        moment = self.now if momentary else datetime.combine(self.on, time())
        decision = None if met or momentary else self.decided(duty, kind, roles, subject, since)
        excused = decision is not None and decision["kind"] == "excuse"
        if decision and not excused:
            put_off = datetime.combine(decision["until"], time())
            until = put_off if until is None else max(until, put_off)
        status = "done" if met else "excused" if excused else "due"
        if status == "due" and until is not None and until < moment:
            status = "overdue"
        elif status == "due" and decision and self.on < decision["until"]:
            status = "postponed"
        if status in ("done", "excused") and not self.done:
            return []
        who = self.responsible(kind, subject, roles)
        return [
            (duty.name, kind, subject, who, since, until, status, period, need, have, tuple(counted), room)
        ]

    def decided(self, duty, kind, roles, subject, since):
        """Return the last decision about a line that is known on the day."""
        role = roles[0] if duty.by == ("each",) and roles else ""
        decisions = [
            one
            for one in self.decisions.get((duty.name, kind, subject, role, since), [])
            if one.get("date") and one["date"] <= self.on
            and (one["kind"] == "excuse" or (one["kind"] == "postpone" and one.get("until")))
        ]  # fmt: skip
        return max(decisions, key=lambda one: (one["date"], one["id"]), default=None)


def makers(register, record):
    people = record.get("visitors" if register == "home_visit" else "by")
    return people.split() if isinstance(people, str) else list(people or [])


def meets(record, clauses):
    for clause in clauses:
        value = record.get(clause.field)
        if clause.order:
            holds = value is not None and {
                ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, "<": lambda a, b: a < b,
            }[clause.order](float(value), float(clause.values[0]))  # fmt: skip
        else:
            several = value if isinstance(value, list) else [value]
            given = {str(one) for one in several if one not in (None, "")} or {""}
            holds = bool(given & set(clause.values)) != clause.negated
        if not holds:
            return False
    return True


def count(school, duty, by):
    if school.term is None:
        return
    for span in periods(school.calendar, school.term, duty.per):
        if span.start > school.on:
            continue
        end = limit_in(duty.limit, span)
        counting = [
            day
            for day in every(span.start, end)
            if duty.per not in IN_TERM or school.calendar.is_school_day(day)
        ]
        for subject, room, first, last, _ in school.subjects_of(duty):
            if first > school.on:
                continue
            part = [day for day in counting if first <= day <= last]
            need = 0
            if counting and duty.per != "often":
                need = floor(duty.at_least * len(part) / len(counting) + 0.5)
            records = [one for one in school.evidence(duty, subject, by) if span.start <= one[0] <= span.end]
            have = sum(weight(duty, one[3]) for one in records)
            met = have >= need
            if duty.kind != "count" and duty.at_most is not None and have > duty.at_most:
                met = False
            over = duty.kind != "count" and part and not met
            if duty.per == "often" and not school.done:
                continue
            if need > 0 or duty.per == "often" or over:
                yield {
                    "subject": subject, "room": room, "since": max(span.start, first), "period": span.name,
                    "until": None if duty.per == "often" else min(end, last), "need": need, "have": floor(have),
                    "met": met, "counted": [one[1] for one in records],
                }  # fmt: skip


def weight(duty, record):
    if duty.kind != "hours" or not duty.content:
        return 1
    return record.get(duty.content[0]) or 0


def limit_in(limit, span):
    if limit is None:
        return span.end
    if limit.unit == "day":
        return min(span.start + limit.number * DAY, span.end)
    for day in every(span.start, span.end):
        month, number = divmod(limit.number, 100)
        if (day.month, day.day) == (month, number) or (
            (month, number) == (2, 29) and (day.month, day.day) == (2, 28) and (day + DAY).month == 3
        ):
            return day
    return span.end


def every(first, last):
    return [first + number * DAY for number in range((last - first).days + 1)]


def interval(school, duty, by):
    if school.term is None:
        return
    for subject, room, first, last, _ in school.subjects_of(duty):
        begin, last = max(first, school.term.start), min(last, school.term.end)
        if begin > last or begin > school.on:
            continue
        records = [one for one in school.evidence(duty, subject, by) if begin <= one[0] <= last]
        before, line = begin, {"subject": subject, "room": room, "need": 1}
        for day in sorted({one[0] for one in records}):
            if school.done:
                ids = [one[1] for one in records if one[0] == day]
                until = before + duty.limit.number * DAY
                yield line | {"since": before, "until": until, "have": 1, "met": True, "counted": ids}
            before = day
        until = before + duty.limit.number * DAY
        if until <= last:
            yield line | {"since": before, "until": until, "have": 0, "met": False, "counted": []}


def triggers(school, duty):
    """Return the records of a trigger with their subject: own day, moment, until when."""
    name, question = duty.trigger
    for subject, room, first, last, _ in school.subjects_of(duty):
        for record in school.about(duty.subject, subject, name):
            moment = record.get(question)
            if moment is None or not meets(record, duty.trigger_condition):
                continue
            if not school.owns(duty.subject, subject, name, record):
                continue
            day = moment if isinstance(moment, date) and not isinstance(moment, datetime) else moment.date()
            own = record.get("date") or day
            if own > school.on:
                continue
            until = None
            if duty.limit and duty.limit.momentary:
                exact = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
                until = exact + timedelta(**{f"{duty.limit.unit}s": duty.limit.number})
            elif duty.limit:
                until = day + duty.limit.number * DAY
            yield subject, room, first, last, record, own, until


def shown(school, own, met):
    return not met or (school.done and (school.term is None or own >= school.term.start))


def event(school, duty, by):
    for subject, room, first, last, _, own, until in triggers(school, duty):
        final = school.on if until is None else until.date() if isinstance(until, datetime) else until
        if not first <= own <= last or final > last:
            continue
        answers = []
        for day, one, register, _ in school.evidence(duty, subject, by):
            same = register == duty.trigger.record
            if day - same * DAY >= own:
                answers.append((day - same * DAY, one))
        counted = [one for _, one in sorted(answers)[: duty.at_least]]
        met = len(counted) >= duty.at_least
        if shown(school, own, met):
            yield {
                "subject": subject, "room": room, "since": own, "until": until, "need": duty.at_least,
                "have": len(counted), "met": met, "counted": counted, "period": own.isoformat(),
            }  # fmt: skip


def parts_reached(duty, record):
    if duty.state:
        return [meets(record, (clause,)) for clause in duty.state]
    return [
        any(record.get(name) not in (None, "", []) for name in field.split("/")) for field in duty.content
    ]


def state(school, duty, by):
    for subject, room, _, _, record, own, until in triggers(school, duty):
        parts = parts_reached(duty, record)
        if shown(school, own, all(parts)):
            yield {
                "subject": subject, "room": room, "since": own, "until": until, "need": len(parts), "have": sum(parts),
                "met": all(parts), "counted": [record["id"]], "period": own.isoformat(),
            }  # fmt: skip


def open_(school, duty, by):
    still = {}
    for subject, room, _, _, record, own, _ in triggers(school, duty):
        if not all(parts_reached(duty, record)):
            number = (record.get(duty.summed) or 1) if duty.summed else 1
            still.setdefault((subject, room), []).append((own, record["id"], number))
    for (subject, room), records in still.items():
        records.sort()
        have, since = 0, None
        for own, _, number in records:
            since = own if have <= duty.at_most else since
            have += number
        yield {
            "subject": subject, "room": room, "since": since, "until": since, "need": 0, "have": have,
            "met": have <= duty.at_most, "counted": [one[1] for one in records],
        }  # fmt: skip


def since_of(school, kind, first):
    begin = school.term.start if school.term else school.on
    if kind in CHILDREN:
        return begin if first == ALWAYS else first
    return max(first, begin)


def pairs_now(school, duty):
    """Return the pairings that run on the day, of children in care, one for each child and partner."""
    in_care = {one[0] for one in school.subjects("child") if one[2] <= school.on <= one[3]}
    seen, pairs = set(), []
    for pair in school.of("pairing"):
        runs = pair.get("start") and pair["start"] <= school.on <= (pair.get("end") or FOREVER)
        if not runs or pair["child"] not in in_care or not meets(pair, duty.condition):
            continue
        if not any(clause.field == "role" for clause in duty.condition) and pair["role"] != "helper":
            continue
        if pair["role"] == "helper" and not pair.get("helper"):
            continue
        partner = pair["child"], pair.get("helper") or pair.get("peer_name")
        if partner not in seen:
            seen.add(partner)
            pairs.append(pair)
    return sorted(pairs, key=lambda pair: (pair["start"], pair["id"]))


def helper(school, duty, by):
    running = {}
    for pair in pairs_now(school, duty):
        running.setdefault(pair["child"], []).append(pair)
    for subject, room, first, last, _ in school.subjects_of(duty):
        if not first <= school.on <= last:
            continue
        pairs = running.get(subject, [])
        ended = [
            pair["end"] + DAY for pair in school.pairs_by_child.get(subject, [])
            if pair["role"] == "helper" and pair.get("end") and pair["end"] < school.on
        ]  # fmt: skip
        since = max([since_of(school, "child", first), *ended])
        yield {
            "subject": subject, "room": room, "since": since, "until": since, "need": duty.at_least,
            "have": len(pairs), "met": len(pairs) >= duty.at_least, "counted": [pair["id"] for pair in pairs],
        }  # fmt: skip


def quota(school, duty, by):
    if duty.records and duty.records != ("pairing",):
        yield from count(school, duty, by)
        return
    running = pairs_now(school, duty)
    for subject, room, first, last, _ in school.subjects_of(duty):
        if not first <= school.on <= last:
            continue
        need = duty.at_least
        if duty.subject == "child":
            pairs = [pair for pair in running if pair["child"] == subject]
            have = len(pairs)
        elif duty.subject == "class":
            own = [
                one[0] for one in school.subjects("child") if one[1] == room and one[2] <= school.on <= one[3]
            ]
            pairs = [pair for pair in running if pair["child"] in own]
            have, need = len({pair["child"] for pair in pairs}), min(need, len(own))
        else:
            pairs = [pair for pair in running if pair.get("helper") == subject]
            have = len({pair["child"] for pair in pairs})
            if not have:
                continue
        since = since_of(school, duty.subject, first)
        yield {
            "subject": subject, "room": room, "since": since, "until": since, "need": need, "have": have,
            "met": need <= have and (duty.at_most is None or have <= duty.at_most),
            "counted": [pair["id"] for pair in pairs],
        }  # fmt: skip


def complete(school, duty, by):
    for subject, room, first, last, record in school.subjects_of(duty):
        if not first <= school.on <= last:
            continue
        have = sum(field_met(record, field) for field in duty.content)
        since = since_of(school, duty.subject, first)
        yield {
            "subject": subject, "room": room, "since": since, "until": since, "need": len(duty.content), "have": have,
            "met": have == len(duty.content), "counted": [subject],
        }  # fmt: skip


def field_met(record, field):
    names = [name for name in field.split("/") if asks(record, name)]
    return not names or any(filled(record, name) for name in names)


def filled(record, name):
    column, _, part = name.partition(".")
    value = record.get(column)
    return any(one.get(part) for one in value or []) if part else value not in (None, "", [])


def asks(record, name):
    parent, _, rest = name.partition("_")
    if parent not in ("father", "mother") or rest == "status":
        return True
    status = record.get(f"{parent}_status")
    return status == "away" if rest in ("work_place", "employer") else status not in ("deceased", "lost")


def share(school, duty, by):
    """Shares of the school's own only: those of the visits have their tests in test_coverage."""
    if school.term is None:
        return
    last = min(school.on, school.term.end)
    group = [one for one in school.subjects_of(duty) if one[2] <= last <= one[3]]
    if not group:
        return
    reached = [
        one[0] for one in group
        if sum(school.term.start <= record[0] <= last for record in school.evidence(duty, one[0], duty.by)) >= duty.at_least
    ]  # fmt: skip
    need = ceil(duty.target * len(group) - 1e-9 * len(group))
    yield {
        "subject": "", "room": "", "since": school.term.start, "until": school.term.end, "need": need,
        "have": len(reached), "met": len(reached) >= need, "counted": reached, "period": school.term.name,
        "kind": "school",
    }  # fmt: skip


KINDS = {
    "count": count, "hours": count, "interval": interval, "event": event, "state": state, "open": open_,
    "helper": helper, "quota": quota, "complete": complete, "share": share,
}  # fmt: skip


def as_frames(registers):
    """Return the registers as the School hands them out: dates as datetime64, everything else as it is."""
    frames = {}
    for name, rows in registers.items():
        frame = pd.DataFrame(rows)
        for column in frame.columns:
            if any(isinstance(row[column], date) for row in rows):
                frame[column] = pd.to_datetime(frame[column]).astype("datetime64[ns]")
            elif column in (
                "date",
                "start",
                "end",
                "follow_up",
                "closed_on",
                "since",
                "until",
                "left_behind_from",
                "left_behind_until",
            ):
                frame[column] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
            else:
                frame[column] = pd.Series([row[column] for row in rows], dtype=object)
        frames[name] = frame
    return frames


def as_tuples(lines):
    """Return lines of the rules as `plain_due` gives them."""
    tuples = []
    for row in lines.to_dict("records"):
        until = None if pd.isna(row["due"]) else row["due"].to_pydatetime()
        tuples.append((
            row["duty"], row["kind"], row["subject_id"], row["who"], row["since"].date(), until, row["status"],
            row["period"], row["need"], row["have"], tuple(row["counted"]), row["class"],
        ))  # fmt: skip
    return tuples


def in_order(lines):
    return sorted(map(str, lines))
