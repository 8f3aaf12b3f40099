"""The duties without a period as plain loops: what an event opens, what must be brought to a state, what holds at all times.

Each function of a kind is a generator of what `support.plain_duties.line_of` takes; each rule stands under the sentence it is.
"""

from datetime import date, datetime, timedelta
from math import floor

from support.plain_periods import count, counts_periods
from support.plain_school import ALWAYS, CHILDREN, DAY, FOREVER, meets, midnight


def triggers(school, duty):
    """Return the records of a trigger with their subject: own day, and until when."""
    name, question = duty.trigger
    # "due = trigger + limit (the school's default limit where the row has none) + grace"
    limit = duty.limit or school.policy.default_limit
    for subject, room, first, last, _ in school.subjects_of(duty):
        for record in school.about(duty.subject, subject, name):
            moment = record.get(question)
            if moment is None or not meets(record, duty.trigger_condition):
                continue
            if not school.owns(duty.subject, subject, name, record):
                continue
            day = moment.date() if isinstance(moment, datetime) else moment
            own = record.get("date") or day
            if own > school.on:
                continue
            if limit.momentary:
                due = midnight(moment) + timedelta(**{f"{limit.unit}s": limit.number})
            else:
                due = day + limit.number * DAY
            yield subject, room, first, last, record, own, due


def of_the_term(school, own):
    """Say whether what is done with belongs to the term that is looked at."""
    return school.term is None or own >= school.term.start


def event(school, duty, by):
    """Return a line for each record of the trigger, which other records answer."""
    for subject, room, first, last, _, own, due in triggers(school, duty):
        # "Subject must be present on the trigger day and on the day due"
        if not first <= own <= last or midnight(due).date() > last:
            continue
        # "same subject, on the day of the trigger or later; later if of the same register"
        answers = [
            (day, record)
            for day, record, register, _, _ in school.evidence(duty, subject, by)
            if (day > own if register == duty.trigger.record else day >= own)
        ]
        counted = answers[: duty.at_least]
        met = len(counted) >= duty.at_least
        yield {
            "subject": subject, "room": room, "since": own, "due": due, "need": duty.at_least, "have": len(counted),
            "met": met, "counted": [record for _, record in counted], "period": own.isoformat(),
            # "met_at = day of the at_least-th answer"
            "met_at": counted[-1][0] if met and counted else None,
            # "in the open list only while it is present on the day asked"
            "left": school.on > last, "shown": of_the_term(school, own),
        }  # fmt: skip


def state(school, duty, by):
    """Return a line for each record of the trigger, which must itself be brought to a state.

    "Stays open after the child has left (the record itself is open)."
    """
    for subject, room, _, _, record, own, due in triggers(school, duty):
        parts, met_at = parts_reached(school, duty, record)
        yield {
            "subject": subject, "room": room, "since": own, "due": due, "need": len(parts), "have": sum(parts),
            "met": all(parts), "counted": [record["id"]], "period": own.isoformat(), "met_at": met_at,
            "shown": of_the_term(school, own),
        }  # fmt: skip


def parts_reached(school, duty, record):
    """Return which parts of a state a record has reached, and when.

    "met_at = the latest date/time in the content fields that are dates (unknown otherwise)"; the fields of a condition in
    内容 are such, too.
    """
    names = [name for field in duty.content for name in field.split("/")]
    names += [clause.field for clause in duty.state]
    record = school.as_known(record, names)
    days = [midnight(record[name]) for name in names if isinstance(record.get(name), date)]
    if duty.state:
        reached = [meets(record, (clause,)) for clause in duty.state]
    else:
        reached = [
            any(record.get(name) not in (None, "", []) for name in field.split("/")) for field in duty.content
        ]
    return reached, max(days, default=None)


def open_(school, duty, by):
    """Return who has more records open at a time than allowed: "standing the day after since + grace"."""
    still = {}
    for subject, room, _, _, record, own, _ in triggers(school, duty):
        if not all(parts_reached(school, duty, record)[0]):
            number = (record.get(duty.summed) or 1) if duty.summed else 1
            still.setdefault((subject, room), []).append((own, record["id"], number))
    for (subject, room), records in still.items():
        records.sort()
        have, since = 0, None
        for own, _, number in records:
            since = own if have <= duty.at_most else since
            have += number
        yield {
            "subject": subject, "room": room, "since": since, "due": since, "need": 0, "have": floor(have),
            "met": have <= duty.at_most, "counted": [entry[1] for entry in records],
        }  # fmt: skip


def since_of(school, kind, first):
    """Return since when a subject owes what holds at all times."""
    begin = school.term.start if school.term else school.on
    if kind in CHILDREN:
        return begin if first == ALWAYS else first
    return max(first, begin)


def pairs_now(school, duty):
    """Return the pairings that run on the day, of children in care, one for each child and partner."""
    in_care = {
        subject for subject, _, first, last, _ in school.subjects("child") if first <= school.on <= last
    }
    partners, pairs = set(), []
    for pair in school.of("pairing"):
        runs = pair.get("start") and pair["start"] <= school.on <= (pair.get("end") or FOREVER)
        if not runs or pair["child"] not in in_care or not meets(pair, duty.condition):
            continue
        if not any(clause.field == "role" for clause in duty.condition) and pair["role"] != "helper":
            continue
        if pair["role"] == "helper" and not pair.get("helper"):
            continue
        partner = pair["child"], pair.get("helper") or pair.get("peer_name")
        if partner not in partners:
            partners.add(partner)
            pairs.append(pair)
    return sorted(pairs, key=lambda pair: (pair["start"], pair["id"]))


def present(school, duty):
    """Return id, class, first day and record of who is there: "Only subjects present on the day"."""
    for subject, room, first, last, record in school.subjects_of(duty):
        if first <= school.on <= last:
            yield subject, room, first, record


def helper(school, duty, by):
    """Return whether each child has a helper: "due = since + grace; to_do until then, then standing"."""
    running = {}
    for pair in pairs_now(school, duty):
        running.setdefault(pair["child"], []).append(pair)
    for subject, room, first, _ in present(school, duty):
        pairs = running.get(subject, [])
        ended = [
            pair["end"] + DAY for pair in school.pairs_by_child.get(subject, [])
            if pair["role"] == "helper" and pair.get("end") and pair["end"] < school.on
        ]  # fmt: skip
        since = max([since_of(school, "child", first), *ended])
        yield {
            "subject": subject, "room": room, "since": since, "due": since, "need": duty.at_least,
            "have": len(pairs), "met": len(pairs) >= duty.at_least, "counted": [pair["id"] for pair in pairs],
        }  # fmt: skip


def quota(school, duty, by):
    """Return whether each has as many pairings as it should: not fewer than the least, not more than the most."""
    if counts_periods(duty):
        yield from count(school, duty, by)
        return
    running = pairs_now(school, duty)
    in_care = [
        (subject, room)
        for subject, room, first, last, _ in school.subjects("child")
        if first <= school.on <= last
    ]
    for subject, room, first, _ in present(school, duty):
        need = duty.at_least
        if duty.subject == "child":
            pairs = [pair for pair in running if pair["child"] == subject]
            have = len(pairs)
        elif duty.subject == "class":
            own = [child for child, its_room in in_care if its_room == room]
            pairs = [pair for pair in running if pair["child"] in own]
            have, need = len({pair["child"] for pair in pairs}), min(need, len(own))
        else:
            pairs = [pair for pair in running if pair.get("helper") == subject]
            have = len({pair["child"] for pair in pairs})
            # "with subject teacher or staff, somebody who carries nobody has a line (have 0); with subject helper only
            # who carries somebody"
            if not have and duty.subject == "helper":
                continue
        since = since_of(school, duty.subject, first)
        yield {
            "subject": subject, "room": room, "since": since, "due": since, "need": need, "have": have,
            "met": need <= have and (duty.at_most is None or have <= duty.at_most),
            "counted": [pair["id"] for pair in pairs],
        }  # fmt: skip


def complete(school, duty, by):
    """Return whether each dossier has the fields that it should."""
    for subject, room, first, record in present(school, duty):
        have = sum(field_met(record, field) for field in duty.content)
        since = since_of(school, duty.subject, first)
        yield {
            "subject": subject, "room": room, "since": since, "due": since, "need": len(duty.content), "have": have,
            "met": have == len(duty.content), "counted": [subject],
        }  # fmt: skip


def field_met(record, field):
    """Say whether one of a field's alternatives is filled in; what cannot be asked of the family is met."""
    names = [name for name in field.split("/") if can_be_asked(record, name)]
    return not names or any(filled(record, name) for name in names)


def filled(record, name):
    column, _, part = name.partition(".")
    value = record.get(column)
    return any(row.get(part) for row in value or []) if part else value not in (None, "", [])


def can_be_asked(record, name):
    parent, _, rest = name.partition("_")
    if parent not in ("father", "mother") or rest == "status":
        return True
    status = record.get(f"{parent}_status")
    return status == "away" if rest in ("work_place", "employer") else status not in ("deceased", "lost")
