"""The school's rules in use: its workbook, or the last good one of it, or a preset where there is none."""

import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date, timedelta

from guanai.care.calendar.school_calendar import school_year
from guanai.care.errors import GuanaiError, PolicyError
from guanai.care.policy.default_terms import usual_terms
from guanai.care.policy.policy import Policy, fit_to_forms, policy_from_sheets, sheets_from_markdown
from guanai.storage.files.school_folder import Folder
from guanai.storage.school.workbooks import Sheets, presets, read_workbook
from guanai.templates import template
from guanai.templates.wording import say

__all__ = ["DEFAULT_POLICY", "calendar_over", "current_policy", "preset_sheets"]

DEFAULT_POLICY = "002-1"
HOLIDAYS = timedelta(days=35)  # after a last term; those of the summer are not yet over then


def preset_sheets(
    name: str, on: date, school: str = "", columns: Mapping[str, Collection[str]] | None = None
) -> Sheets:
    """Return the sheets of a preset with the terms of the school year that ``on`` falls into.

    ``002-1+004`` are two rules that apply together: the first one's sheets with the other's duties and
    windows added. A duty of a name that is there already is the same rule, so the first one's number holds. What
    the law asks of every school (``templates/national.md``: 强制报告) comes last. With ``columns``, the questions of the school's forms, duties on forms that it does not have are
    set out of force. Raises GuanaiError when no preset has that name.
    """
    first, *others = (_preset(part) for part in name.split("+"))
    for other in others:
        known = {duty["名称"] for duty in first["职责"]}
        first["职责"] += [duty for duty in other["职责"] if duty["名称"] not in known]
        days = {(row["开始"], row["结束"]) for row in first.get("校历", [])}
        first["校历"] = [
            *first.get("校历", []),
            *(row for row in other.get("校历", []) if (row["开始"], row["结束"]) not in days),
        ]
    known = {duty["名称"] for duty in first["职责"]}
    national = sheets_from_markdown(template("national.md").read_text(encoding="utf-8"))
    first["职责"] += [duty for duty in national["职责"] if duty["名称"] not in known]
    given = {"所用制度": name} | ({"名称": school} if school else {})
    for row in first["学校"]:
        row["值"] = given.get(row["项目"], row["值"])
    first["校历"] = [*usual_terms(school_year(on)), *first.get("校历", [])]
    return first if columns is None else fit_to_forms(first, columns)


def _preset(name: str) -> Sheets:
    if name not in presets():
        raise GuanaiError("school.no_policy", name=name, names="、".join(presets()))
    return sheets_from_markdown((template("policies") / f"{name}.md").read_text(encoding="utf-8"))


def current_policy(
    folder: Folder, on: date, columns: Mapping[str, Collection[str]]
) -> tuple[Policy, str | None]:
    """Return the policy in use, and what is wrong with the workbook where it could not be used.

    ``columns`` gives the questions of each form, so that a duty can name any of them. A workbook
    without a mistake is kept as the last good one; a broken one, or one that is gone, leaves that in use. Where a form has
    lost a question that a duty names, so that neither can be used as it is, only that duty is out of force.
    """
    kept = folder.kept / folder.workbook.name
    notice = None
    if folder.workbook.exists():
        try:
            policy = policy_from_sheets(read_workbook(folder.workbook), folder.workbook.name, columns)
        except PolicyError as error:
            notice = say("school.workbook_kept", error=error)
        else:
            _keep(folder)
            return policy, None
    elif kept.exists():
        notice = say("school.workbook_gone", file=folder.workbook.name)
    if notice:
        with suppress(PolicyError):
            return policy_from_sheets(read_workbook(kept), kept.name, columns), notice
        for path in (folder.workbook, kept):
            # A form that has lost a question must not take the rules of the whole school with it.
            with suppress(PolicyError):
                sheets = fit_to_forms(read_workbook(path), columns)
                return policy_from_sheets(sheets, path.name, columns), notice
    return policy_from_sheets(
        preset_sheets(DEFAULT_POLICY, on, columns=columns), DEFAULT_POLICY, columns
    ), notice


def calendar_over(policy: Policy, on: date) -> str | None:
    """Return in words that the calendar's last term is over, once the holidays after it should be too."""
    last = max((term.end for term in policy.calendar.terms), default=None)
    if last is None or on <= last + HOLIDAYS:
        return None
    return say("school.calendar_over", day=last)


def _keep(folder: Folder) -> None:
    """Keep a copy of a workbook that has just been read without a mistake."""
    kept = folder.kept / folder.workbook.name
    if not kept.exists() or kept.stat().st_mtime != folder.workbook.stat().st_mtime:
        folder.kept.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder.workbook, kept)
