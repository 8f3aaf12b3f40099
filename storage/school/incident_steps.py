"""The steps of a school's emergencies: read with no more than their children, recorded as done with one click, and shown to whom.

Harm to a child must be reported at once (国发〔2016〕13号, 强制报告), so an incident is shown to everybody who has to see to it,
whatever the sheet 权限 says: headmaster, deputy and coordinator, the homeroom teacher of the child, and who is responsible for a
step. Anybody else sees it as they see the register's other records.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.emergencies import countdown
from guanai.care.errors import GuanaiError
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy
from guanai.storage.records.frames import frame_of
from guanai.storage.records.records import Records

__all__ = ["ANSWERING", "concerned", "incident_registers", "incident_steps", "record_step"]

#: The roles that answer for the whole school (requirements 3): an emergency concerns them whosever child it is.
ANSWERING = frozenset({"headmaster", "deputy", "coordinator"})

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def incident_registers(records: Records, policy: Policy) -> list[str]:
    """Return the registers whose records can be emergencies."""
    timed = (duty.trigger for duty in policy.of_kind("state") if _timed(duty))
    return sorted({trigger.record for trigger in timed if trigger} & set(records.forms()))


def incident_steps(
    records: Records, policy: Policy, moment: datetime, *, finished: bool = False
) -> pd.DataFrame:
    """Return the steps of the emergencies (`guanai.care.duties.emergencies`); only what belongs to their children is read."""
    rows = {name: list(records.table(name).rows()) for name in incident_registers(records, policy)}
    children = {row.get("child") for some in rows.values() for row in some} - {None, ""}
    if any(rows.values()):
        dossiers = [records.record("child", str(child)) for child in children]
        rows["child"] = [row for row in dossiers if row is not None]
        rows["pairing"] = [row for row in records.table("pairing").rows() if row.get("child") in children]
        rows |= {name: list(records.table(name).rows()) for name in ("staff", "class")}
    frames = {name: frame_of(some, records.form(name).columns) for name, some in rows.items()}
    return countdown(policy, frames, moment, finished=finished)


def record_step(
    records: Records, policy: Policy, form: str, record_id: str, duty: str, moment: datetime
) -> Mapping[str, Any]:
    """Write a moment into the questions of a step that are still empty; return the record.

    A question that has a time already keeps it. Raises GuanaiError for an unknown step or record.
    """
    steps = [step for step in policy.of_kind("state") if _timed(step) and step.name == duty]
    record = records.record(form, record_id)
    if not steps or record is None or steps[0].trigger is None or steps[0].trigger.record != form:
        raise GuanaiError("school.no_record", id=record_id, form=form)
    names = [field.split("/")[0] for field in steps[0].content]
    empty = [name for name in names if not record.get(name)]
    text = moment.astimezone().isoformat(timespec="milliseconds")
    return records.amend(form, record_id, dict.fromkeys(empty, text)) if empty else record


def concerned(steps: pd.DataFrame, classes: pd.DataFrame, person: str) -> Mask:
    """Return which steps one of the staff has to see to, as responsible or as homeroom teacher of the child.

    ``classes`` is the register of classes, ``person`` the id of a record of staff, "" for who has none.
    """
    if not person:
        return np.zeros(len(steps), dtype=bool)
    responsible = np.array([person in people for people in steps["who_ids"]], dtype=bool)
    own = classes["name"][classes["homeroom"] == person]
    return responsible | steps["class"].isin(list(own)).to_numpy(bool)


def _timed(duty: Duty) -> bool:
    """Say whether the row of a duty itself gives minutes or hours: such a duty is a step of an emergency."""
    return duty.in_force and duty.limit is not None and duty.limit.momentary
