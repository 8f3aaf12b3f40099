"""The school's rules in use: its workbook, or the last good one of it, or a preset where there is none."""

from datetime import date

from guanai.care.calendars import usual_terms
from guanai.care.policies import Policy, policy_from_sheets, sheets_from_markdown
from guanai.storage.folders import Folder
from guanai.storage.workbooks import Sheets, keep_copy, presets, read_workbook
from guanai.templates import template
from guanai.templates.errors import GuanaiError, PolicyError
from guanai.templates.wording import say

__all__ = ["DEFAULT_POLICY", "current_policy", "preset_sheets"]

DEFAULT_POLICY = "002-1"


def preset_sheets(name: str, on: date, school: str = "") -> Sheets:
    """Return the sheets of a preset with the terms of the school year that ``on`` falls into.

    Raises GuanaiError when no preset has that name.
    """
    if name not in presets():
        raise GuanaiError("school.no_policy", name=name, names="、".join(presets()))
    text = (template("policies") / f"{name}.md").read_text(encoding="utf-8")
    sheets: Sheets = sheets_from_markdown(text)
    sheets["校历"] = usual_terms(on.year if on.month >= 8 else on.year - 1) + sheets.get("校历", [])
    if school:
        for row in sheets["学校"]:
            if row.get("项目") == "名称":
                row["值"] = school
    return sheets


def current_policy(folder: Folder, on: date) -> tuple[Policy, str | None]:
    """Return the policy in use, and what is wrong with the workbook where it could not be used.

    A workbook without a mistake is kept as the last good one; a broken one leaves that in use.
    """
    kept = folder.kept / folder.workbook.name
    preset = preset_sheets(DEFAULT_POLICY, on, say("school.name"))
    if not folder.workbook.exists():
        return policy_from_sheets(preset, DEFAULT_POLICY), None
    try:
        policy = policy_from_sheets(read_workbook(folder.workbook), folder.workbook.name)
    except PolicyError as error:
        notice = say("school.workbook_kept", error=error)
        if kept.exists():
            return policy_from_sheets(read_workbook(kept), kept.name), notice
        return policy_from_sheets(preset, DEFAULT_POLICY), notice
    if not kept.exists() or kept.stat().st_mtime != folder.workbook.stat().st_mtime:
        keep_copy(folder.workbook, folder.kept)
    return policy, None
