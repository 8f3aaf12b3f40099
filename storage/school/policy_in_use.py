"""The school's rules in use: its workbook, or the last good one of it, or a preset where there is none."""

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from guanai.care.calendar.school_calendar import Term, school_year
from guanai.care.errors import GuanaiError, PolicyError
from guanai.care.policy.calendar_rows import usual_terms
from guanai.care.policy.policy import (
    Policy,
    fit_to_forms,
    headings,
    policy_from_sheets,
    sheets_from_markdown,
)
from guanai.care.policy.workbook_rows import Row
from guanai.care.rights.rights import RightRow
from guanai.care.rights.rights_rows import CLOSED
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.records.records import Records
from guanai.storage.school.own_rules import OwnRules, load_own_rules
from guanai.storage.school.rights_in_use import check_rights, rights_in_use, rights_rows
from guanai.storage.school.workbooks import Sheets, presets, read_workbook
from guanai.templates import template
from guanai.templates.wording import say

__all__ = ["DEFAULT_POLICY", "SHARED_ROWS", "PolicyInUse", "current_policy", "periods_of", "preset_sheets"]

DEFAULT_POLICY = "002-1"
SHARED_ROWS = ("national", "promises")  # files of `templates` whose rows every school gets
HOLIDAYS = timedelta(days=35)  # after a last term; those of the summer are not yet over then


class PolicyInUse:
    """The rules of one school: read from its workbook when they are first needed, and once more after `reload`."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._read: tuple[Policy, GuanaiError | None] | None = None
        self._rights: tuple[RightRow, ...] | None = None
        self._own: OwnRules | None = None
        self._strict = False

    @property
    def policy(self) -> Policy:
        """The rules: profile, calendar, duties, categories, wording.

        Raises what is wrong with the workbook after `refuse_mistakes`; else the last good one is in use.
        """
        policy, mistake = self._policy_and_mistake()
        if self._strict and mistake:
            raise mistake
        return policy

    @property
    def rights(self) -> tuple[RightRow, ...]:
        """The rows of the sheet 权限 in use: the school's own, or those that ship."""
        if self._rights is None:
            self._rights = rights_in_use(self._records, self._policy_and_mistake()[0].rights)
        return self._rights

    @property
    def own_rules(self) -> OwnRules:
        """The functions in ``rules/*.py`` of the school's folder, and what is wrong with them."""
        if self._own is None:
            self._own = load_own_rules(self._records.folder)
        return self._own

    def refuse_mistakes(self) -> None:
        """From now on answer nothing by the last good workbook where the school's own has a mistake."""
        self._strict = True

    def own_problems(self) -> tuple[GuanaiError, ...]:
        """Return what is wrong with the school's own rules, as far as they were read."""
        return self._own.problems if self._own else ()

    def reload(self) -> None:
        """Read the workbook again when the rules are next needed."""
        self._read = self._own = self._rights = None

    def reuse(self, other: "PolicyInUse") -> None:
        """Use the rules that another one of the same school has read."""
        self._read, self._own, self._rights = other._read, other._own, other._rights

    def workbook_mistakes(self) -> list[str]:
        """Return what is wrong with the workbook, in words: each row of it that has a mistake."""
        mistake = self._policy_and_mistake()[1]
        if mistake is None:
            return []
        first, *others = mistake.each()
        kept = say("school.workbook_kept", error=first) if isinstance(first, PolicyError) else str(first)
        return [kept, *map(str, others)]

    def mistakes(self) -> list[str]:
        """Return what is wrong with the workbook, the rules of the school's own or a changed form, in words."""
        own = map(str, self.own_rules.problems)
        return [*self.workbook_mistakes(), *own, *self._records.form_mistakes()]

    def notices(self) -> list[str]:
        """Return the mistakes, and whether the calendar has run out: without a term nothing of the new year would be due."""
        over = calendar_over(self.policy, self._records.today())
        closed = [say("rights.closed_sheet")] if self.rights == CLOSED else []
        return [*self.mistakes(), *closed, *([over] if over else [])]

    def term_names(self) -> list[str]:
        """Return the names of the terms, the earliest first."""
        return [term.name for term in self.policy.calendar.terms]

    def term(self, name: str | None, day: date) -> Term:
        """Return the term of a name; without one that of a day, else the last one before it.

        Raises GuanaiError for an unknown name, and where the calendar has no term.
        """
        terms = self.policy.calendar.terms
        if name:
            named = next((term for term in terms if term.name == name), None)
            if named is None:
                raise GuanaiError("school.no_term", name=name, names="、".join(self.term_names()))
            return named
        if not terms:
            raise GuanaiError("school.no_terms")
        begun = [term for term in terms if term.start <= day]
        return begun[-1] if begun else terms[0]

    def _policy_and_mistake(self) -> tuple[Policy, GuanaiError | None]:
        if self._read is None:
            records = self._records
            columns = {name: records.form(name).columns for name in records.forms()}
            self._read = current_policy(
                records.folder, records.today(), columns, self.own_rules.kinds, partial(check_rights, records)
            )
        return self._read

    def read(self, sheets: Sheets, columns: Mapping[str, Collection[str]] | None = None) -> Policy:
        """Return the policy of a workbook's sheets; raises PolicyError for what is wrong in them, the rights too.

        ``columns`` are the questions of each form, without them those of the forms in use.
        """
        records = self._records
        known = columns or {name: records.form(name).columns for name in records.forms()}
        return _policy(
            sheets, records.folder.workbook.name, known, self.own_rules.kinds, partial(check_rights, records)
        )


def preset_sheets(
    name: str, on: date, school: str = "", columns: Mapping[str, Collection[str]] | None = None
) -> Sheets:
    """Return the sheets of a preset with the terms of the school year that ``on`` falls into.

    ``002-1+004`` are two rules that apply together: the first one's sheets with the other's duties and
    windows added. A duty whose name is there already is the same rule, so the first one's number is used. What
    every school gets comes last: what the law requires (``templates/national.md``: 强制报告) and the days that were agreed
    with a family (``templates/promises.md``). With ``columns``, the questions of the school's forms, duties on forms that
    it does not have are set out of force. Raises GuanaiError when no preset has that name.
    """
    first, *others = (_preset(part) for part in name.split("+"))
    for other in others:
        names = {duty["名称"] for duty in first["职责"]}
        first["职责"] += [duty for duty in other["职责"] if duty["名称"] not in names]
        days = {(row["开始"], row["结束"]) for row in first.get("校历", [])}
        first["校历"] = [
            *first.get("校历", []),
            *(row for row in other.get("校历", []) if (row["开始"], row["结束"]) not in days),
        ]
    names = {duty["名称"] for duty in first["职责"]}
    for shared in SHARED_ROWS:
        sheets = sheets_from_markdown(template(f"{shared}.md").read_text(encoding="utf-8"))
        first["职责"] += [duty for duty in sheets["职责"] if duty["名称"] not in names]
    given = {"所用制度": name} | ({"名称": school} if school else {})
    for row in first["学校"]:
        row["值"] = given.get(row["项目"], row["值"])
    first["校历"] = [*usual_terms(school_year(on)), *first.get("校历", [])]
    columns_of_duties = headings("duties", "zh")
    first["职责"] = [{**dict.fromkeys(columns_of_duties, ""), **row} for row in first["职责"]]
    return first if columns is None else fit_to_forms(first, columns)


def periods_of(
    terms: Iterable[Term], today: date, language: str | None = None
) -> dict[str, tuple[date, date]]:
    """Return the periods by which a list is filtered, by name: this week, this month, 30 days, each term that has begun.

    Each with its first and last day; the latest term comes first.

    >>> list(periods_of([Term("秋季学期", date(2026, 9, 1), date(2027, 1, 20))], date(2026, 11, 20)))
    ['本周', '本月', '最近 30 天', '秋季学期']
    """
    monday = today - timedelta(days=today.weekday())
    next_month = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
    periods = {
        say("register.this_week", language): (monday, monday + timedelta(days=6)),
        say("register.this_month", language): (today.replace(day=1), next_month - timedelta(days=1)),
        say("register.last_30_days", language): (today - timedelta(days=29), today),
    }
    begun = sorted((term for term in terms if term.start <= today), key=lambda term: term.start, reverse=True)
    return periods | {term.name: (term.start, term.end) for term in begun}


def _preset(name: str) -> Sheets:
    if name not in presets():
        raise GuanaiError("school.no_policy", name=name, names="、".join(presets()))
    return sheets_from_markdown((template("policies") / f"{name}.md").read_text(encoding="utf-8"))


def current_policy(
    folder: SchoolFolder,
    on: date,
    columns: Mapping[str, Collection[str]],
    own_kinds: Mapping[str, Callable[..., Any]] | None = None,
    check_rights: Callable[[Sheets, str], None] = lambda sheets, file: None,
) -> tuple[Policy, GuanaiError | None]:
    """Return the policy in use, and what is wrong with the workbook where it could not be used.

    ``columns`` gives the questions of each form, so that a duty can name any of them, ``own_kinds`` the rules of the
    school's own. A workbook without a mistake is kept as the last good one; a broken one, or one that is gone, leaves that in use. Where a form has
    lost a question that a duty names, so that neither can be used as it is, only that duty is out of force.
    ``check_rights`` raises PolicyError for a mistake in the sheet 权限.
    """
    last_good = folder.internal / folder.workbook.name
    own = own_kinds or {}

    def read(path: Path) -> Policy:
        return _policy(read_workbook(path), path.name, columns, own, check_rights)

    mistake: GuanaiError | None = None
    if folder.workbook.exists():
        try:
            policy = read(folder.workbook)
        except PolicyError as error:
            mistake = error
        else:
            _keep(folder)
            return policy, None
    elif last_good.exists():
        mistake = GuanaiError("school.workbook_gone", file=folder.workbook.name)
    if mistake:
        with suppress(PolicyError):
            return read(last_good), mistake
        for path in (folder.workbook, last_good):
            # A form that has lost a question, or a rule that is gone, must not take the rules of the whole school with it.
            with suppress(PolicyError):
                sheets = fit_to_forms(read_workbook(path), columns, own)
                fitted = policy_from_sheets(sheets, path.name, columns, own)
                return replace(fitted, rights=_rights_alone(folder, check_rights)), mistake
    sheets = preset_sheets(DEFAULT_POLICY, on, columns=columns)
    policy = policy_from_sheets(sheets, DEFAULT_POLICY, columns)
    return replace(policy, rights=_rights_alone(folder, check_rights) if mistake else None), mistake


def _policy(
    sheets: Sheets,
    file: str,
    columns: Mapping[str, Collection[str]],
    own_kinds: Mapping[str, Callable[..., Any]],
    check_rights: Callable[[Sheets, str], None],
) -> Policy:
    """Return the policy of a workbook; raises PolicyError with everything that is wrong in it, the rights too."""
    mistakes: list[PolicyError] = []
    policy = None
    try:
        policy = policy_from_sheets(sheets, file, columns, own_kinds)
    except PolicyError as error:
        mistakes += error.each()
    try:
        check_rights(sheets, file)
    except PolicyError as error:
        mistakes += [one for one in error.each() if one.sheet not in {each.sheet for each in mistakes}]
    if mistakes or policy is None:
        mistakes[0].others = tuple(mistakes[1:])
        raise mistakes[0]
    return policy


def _rights_alone(folder: SchoolFolder, check: Callable[[Sheets, str], None]) -> tuple[Row, ...] | None:
    """Return the rows of the sheet 权限 where the workbook cannot be used as it is; None: it has no such sheet.

    Those of the last good copy; without one its own if there is no mistake in that sheet, else none at all.
    """
    last_good = folder.internal / folder.workbook.name
    path = last_good if last_good.exists() else folder.workbook
    with suppress(PolicyError):
        sheets = read_workbook(path)
        if path != last_good:
            check(sheets, path.name)
        return rights_rows(sheets, path.name)
    return ()


def calendar_over(policy: Policy, on: date) -> str | None:
    """Return in words that the calendar's last term is over, once the holidays after it should be too."""
    last = max((term.end for term in policy.calendar.terms), default=None)
    if last is None or on <= last + HOLIDAYS:
        return None
    return say("school.calendar_over", day=last)


def _keep(folder: SchoolFolder) -> None:
    """Keep a copy of a workbook that has just been read without a mistake."""
    last_good = folder.internal / folder.workbook.name
    if not last_good.exists() or last_good.stat().st_mtime != folder.workbook.stat().st_mtime:
        folder.internal.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder.workbook, last_good)
