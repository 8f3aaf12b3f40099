"""The records of other registers that a save changes too: a visit that brings a new telephone number."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5

from guanai.care.errors import GuanaiError, RecordError
from guanai.storage.forms.session.entities import EntityChange
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS

if TYPE_CHECKING:
    from guanai.storage.records.registers import Registers

__all__ = ["apply_entity_changes"]


def apply_entity_changes(
    school: "Registers", session: FormSession, kept: Mapping[str, Any], before: Mapping[str, Any] | None
) -> None:
    """Make and change the records that a saved one tells to, within the transaction of its save.

    A record saved again repeats only what it now says otherwise. Raises GuanaiError, so that nothing is saved,
    where the other register, record or field is not there or does not take the answer.
    """
    said = (
        {change.place: change for change in school.session(str(kept["form"]), before).entities()}
        if before
        else {}
    )
    for change in session.entities():
        if said.get(change.place) != change:
            _apply(school, change, str(kept["id"]))


def _apply(school: "Registers", change: EntityChange, origin: str) -> None:
    if change.register not in school.forms():
        raise GuanaiError("entity.no_register", register=change.register, registers="、".join(school.forms()))
    columns = school.form(change.register).columns
    unknown = [name for name in change.values if name not in columns or name in SYSTEM_FIELDS]
    if unknown:
        raise GuanaiError("entity.no_field", register=change.register, fields="、".join(unknown))
    made = str(uuid5(NAMESPACE_OID, f"{origin} {change.place} {change.register}"))
    there = school.record(change.register, change.id or made)
    if there is None and change.create:
        name = {"name": change.label} if "name" in columns and change.label else {}
        _save(school, change, {**name, **change.values}, new_id=change.id or made)
    elif there is None:
        raise GuanaiError("entity.no_record", register=change.register, id=change.id or "—")
    elif change.update and any(there.get(name) != value for name, value in change.values.items()):
        _save(school, change, {**there, **change.values})


def _save(school: "Registers", change: EntityChange, record: Mapping[str, Any], new_id: str = "") -> None:
    try:
        school.save(change.register, record, key=new_id)
    except RecordError as error:
        first = next(iter(error.fields.items()), ("", ""))
        raise GuanaiError(
            "entity.refused", register=change.register, field=first[0], message=first[1]
        ) from error
