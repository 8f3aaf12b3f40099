"""A row of the sheet 职责 in one or a few sentences, as a teacher would say it to another.

What it asks of whom and who does it, until when, what becomes of it afterwards, to whom it rises, and its source. Shown
where a school chooses a preset and in 学校设置; nothing here looks at a record.
"""

from collections.abc import Mapping

from guanai.care.policy.duty import ALL_CHILDREN, EACH, KINDS, OFTEN, STAFF_KINDS, Duty
from guanai.care.policy.duty_rows import REGISTER_OF_SUBJECT
from guanai.care.policy.policy import Policy
from guanai.care.policy.rule_words import RuleWords

__all__ = ["sentence"]

# Periods of which a term has so many that some can be missed in a row.
REPEATED = ("day", "week", "fortnight", "month", "weekend", "weekend_day")
OWN_WORDS = ("child", "guardian", "helper")  # subjects for which a school may have its own word


def sentence(
    duty: Duty,
    policy: Policy | None = None,
    language: str | None = None,
    titles: Mapping[str, str] | None = None,
) -> str:
    """Return what a duty asks, in words.

    With a ``policy`` in the school's own words and with its default limit; ``titles`` are those of registers of its own.
    """
    rules = policy or Policy()
    words = RuleWords(language, rules.wording, titles)
    parts = [_asked(duty, rules, words) + _by(duty, words) + _who(duty, words)]
    if _only_counts(duty):
        parts.append(words.say("rule.only_counted"))
    else:
        parts += [*_until(duty, words), *_then(duty, words)]
    source = duty.source
    parts.append(words.say("rule.source", source=source) if source else words.say("rule.own_source"))
    if not duty.in_force:
        parts.append(words.say("rule.off"))
    text = "".join(part[:1].upper() + part[1:] + words.say("rule.stop") for part in parts).strip()
    return text.replace("） ", "）")  # no space before a number there


def _asked(duty: Duty, policy: Policy, words: RuleWords) -> str:
    """Say what is asked of whom."""
    values = {
        "per": words.say(f"rule.per.{duty.per}"),
        "subject": _subject(duty, words),
        "what": words.records(duty) if _of_records(duty) or duty.kind != "quota" else _pairing(duty, words),
        "number": duty.at_least,
        "range": words.numbers(duty),
        "target": "" if duty.target is None else f"{duty.target:.0%}",
    }
    if _only_counts(duty):
        return words.say("rule.often", **values)
    if duty.kind == "count":
        return words.say("rule.count", **values)
    if duty.kind == "hours":
        field = words.field(duty.content[0], duty.records) if duty.content else ""
        return words.say("rule.hours" if field else "rule.hours_records", **values, field=field)
    if duty.kind == "interval" and duty.limit:
        return words.say("rule.interval", **values, limit=words.span(duty.limit))
    if duty.kind in ("event", "state") and duty.trigger:
        key = "rule.event" if duty.kind == "event" else "rule.state_clauses" if duty.state else "rule.state"
        within = _within(duty, policy, words)
        return words.say(
            key, **values, within=within, trigger=words.trigger(duty), fields=_content(duty, words)
        )
    if duty.kind == "open":
        return _left_over(duty, words, str(values["subject"]))
    if duty.kind == "helper":
        return words.say("rule.helper", **values, helper=words.role("helper"))
    if duty.kind == "complete":
        key = "rule.complete" if duty.subject in ALL_CHILDREN else "rule.complete_entry"
        sentence = words.say(key, **values, fields=_content(duty, words))
        return sentence + (words.say("rule.share_target", **values) if duty.target else "")
    if duty.kind == "quota":
        of_staff = duty.subject in STAFF_KINDS and not duty.condition
        key = "rule.quota_records" if _of_records(duty) else "rule.quota_staff" if of_staff else "rule.quota"
        return words.say(
            "rule.quota_none" if _none_at_all(duty) else key, **values, child=words.role("child")
        )
    if duty.kind == "share":
        if duty.content:
            key = "rule.share_of" if duty.records else "rule.share"
            return words.say(key, **values, label=words.say(f"duty.figure.{duty.content[0]}"))
        plural = words.say(f"duty.subject.{duty.subject}")
        registers = (REGISTER_OF_SUBJECT[duty.subject],)
        plural = words.with_clauses(plural, duty.subject_condition, registers)
        return words.say("rule.share_own", **values, plural=plural)
    about = (getattr(policy.own_kinds.get(duty.kind), "__doc__", None) or "").strip().partition("\n")[0]
    explanation = words.say("rule.own_about", text=about.rstrip("。.")) if about else ""
    return words.say("rule.own", **values, name=duty.kind, about=explanation)


def _subject(duty: Duty, words: RuleWords) -> str:
    word = words.role(duty.subject) if duty.subject in OWN_WORDS else ""
    subject = words.say(f"rule.subject.{duty.subject}", word=word, child=words.role("child"))
    return words.with_clauses(subject, duty.subject_condition, (REGISTER_OF_SUBJECT[duty.subject],))


def _of_records(duty: Duty) -> bool:
    """Say whether a quota is one of dated records and not of pairings."""
    return bool(set(duty.records) - {"pairing"})


def _pairing(duty: Duty, words: RuleWords) -> str:
    return words.with_clauses(words.say("rule.pairing"), duty.condition, ("pairing",))


def _only_counts(duty: Duty) -> bool:
    """Say whether nothing is owed: the document gives no number (经常)."""
    if duty.kind == "quota":
        return not duty.at_least and duty.at_most is None
    return duty.kind == "count" and duty.per == OFTEN


def _none_at_all(duty: Duty) -> bool:
    """Say whether there must be no record at all: nobody drops out (F20)."""
    return duty.kind == "quota" and duty.at_most == 0 and _of_records(duty)


def _within(duty: Duty, policy: Policy, words: RuleWords) -> str:
    """Say within which time of the trigger's day or moment."""
    if duty.trigger is None:
        return ""
    moment = duty.trigger.moment
    usual = moment == "date"
    field = words.say("rule.record_date") if usual else words.field(moment, (duty.trigger.record,))
    within = words.within(duty.limit or policy.default_limit, field)
    return within if duty.limit else words.say("rule.within_default", within=within)


def _content(duty: Duty, words: RuleWords) -> str:
    """Say which questions are to be filled in, or what is to become true of a record of the trigger."""
    registers = (duty.trigger.record if duty.trigger else REGISTER_OF_SUBJECT[duty.subject],)
    if duty.state:
        return words.say("rule.clause.join").join(words.clause(clause, registers) for clause in duty.state)
    return words.all_of(words.field(name, registers) for name in duty.content)


def _left_over(duty: Duty, words: RuleWords, subject: str) -> str:
    registers = (duty.trigger.record,) if duty.trigger else ()
    field = words.field(duty.summed, registers) if duty.summed else ""
    key = "rule.open_sum" if field else "rule.open_clauses" if duty.state else "rule.open"
    what, fields = words.trigger(duty), _content(duty, words)
    return words.say(key, subject=subject, what=what, most=duty.at_most, fields=fields, field=field)


def _by(duty: Duty, words: RuleWords) -> str:
    """Say whose records count."""
    if duty.by == (EACH,):
        return words.say("rule.by_each")
    return words.say("rule.by", who=words.any_of(map(words.role, duty.by))) if duty.by else ""


def _who(duty: Duty, words: RuleWords) -> str:
    """Say who is responsible."""
    if not duty.who:
        themselves = duty.subject in STAFF_KINDS and duty.kind != "share"
        return words.say("rule.who_self" if themselves else "rule.who_nobody")
    roles = map(words.role, duty.who)
    if duty.by == (EACH,):
        return words.say("rule.who_each", who=words.all_of(roles))
    return words.say("rule.who", who=words.any_of(roles))


def _until(duty: Duty, words: RuleWords) -> list[str]:
    """Say until when; an event, a state and an interval have said so already, a rule of the school's own knows itself."""
    if _none_at_all(duty):
        return [words.say("rule.until_none", end=words.say(f"rule.end.{duty.per}"))]
    grace = words.say("rule.grace", number=duty.grace_days) if duty.grace_days else ""
    if duty.kind in ("count", "hours") or (duty.kind == "quota" and _of_records(duty)):
        return [_end(duty, words) + grace]
    if duty.kind == "share":
        return [words.say("rule.until_share") + grace]
    if duty.kind in ("helper", "complete", "quota", "open"):
        key = f"rule.mend.{duty.kind}"
        return [words.say(f"{key}_days" if duty.grace_days else key, number=duty.grace_days)]
    return [words.say("rule.grace_only", number=duty.grace_days)] if duty.grace_days else []


def _end(duty: Duty, words: RuleWords) -> str:
    if duty.limit is None:
        if duty.per in ("day", "weekend_day"):
            return words.say("rule.until_day")
        return words.say("rule.until", end=words.say(f"rule.end.{duty.per}"))
    if duty.limit.unit == "date":
        month, day = divmod(duty.limit.number, 100)
        return words.say("rule.until_date", month=month, day=day)
    return words.say("rule.until_days", per=words.say(f"rule.per.{duty.per}"), number=duty.limit.number)


def _then(duty: Duty, words: RuleWords) -> list[str]:
    """Say what becomes of a line that was not met in time, and to whom it rises."""
    if (duty.kind not in KINDS and not duty.after) or _none_at_all(duty):
        return []
    missed, periodic = duty.after_or_default == "missed", duty.kind in ("count", "hours")
    key, end = ("missed" if missed else "standing"), ""
    if periodic and not missed:
        key = "standing_count"
    elif periodic and duty.limit:
        key, end = "missed_limit", words.say(f"rule.end.{duty.per}")
    elif duty.kind == "interval" and not missed:
        key = "standing_interval"
    elif duty.kind == "share":
        key = "missed_share"
    sentences = [words.say(f"rule.after.{key}", end=end)]
    return sentences + (_rises(duty, words) if periodic and missed and duty.per in REPEATED else [])


def _rises(duty: Duty, words: RuleWords) -> list[str]:
    """Say to whom a line rises whose periods were missed in a row."""
    if duty.escalate is None:
        return []
    homeroom, coordinator = words.role("homeroom"), words.role("coordinator")
    if duty.subject in (*ALL_CHILDREN, "class") and "homeroom" not in duty.who:
        values = {"number": duty.escalate, "twice": 2 * duty.escalate}
        return [words.say("rule.escalate", **values, homeroom=homeroom, coordinator=coordinator)]
    if "coordinator" in duty.who:
        return []
    return [words.say("rule.escalate_coordinator", number=duty.escalate, coordinator=coordinator)]
