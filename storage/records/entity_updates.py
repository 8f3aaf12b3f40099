"""The records of other registers that a save changes too: a visit that brings a new telephone number."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import NAMESPACE_OID, uuid5

from guanai.care.errors import GuanaiError, RecordError
from guanai.storage.forms.session.entities import EntityChange
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.records.records import SaveCheck

__all__ = ["apply_entity_changes"]


class SavedRecords(Protocol):
    """What is needed of all registers."""

    def forms(self) -> list[str]:
        """Return the names of all forms."""

    def form(self, name: str) -> Form:
        """Return a form."""

    def session(self, form: str, record: Mapping[str, Any] | None = None) -> FormSession:
        """Return a form being filled in."""

    def record(self, form: str, record_id: str) -> dict[str, Any] | None:
        """Return one record, or None."""

    def save(
        self,
        form: str,
        record: Mapping[str, Any],
        *,
        key: str = "",
        check: SaveCheck | None = None,
        entity: bool = False,
    ) -> dict[str, Any]:
        """Save a record by its form."""


def apply_entity_changes(
    records: SavedRecords,
    session: FormSession,
    record: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    check: SaveCheck | None = None,
) -> None:
    """Make and change the records that the form of a saved one names in ``entities``, in the transaction of its save.

    For a record saved again only what differs from before is applied. Raises GuanaiError, so that nothing is saved,
    where the other register, record or field is not there or does not take the answer. ``check`` is asked about each.
    """
    earlier = (
        {change.place: change for change in records.session(str(record["form"]), before).entities()}
        if before
        else {}
    )
    for change in session.entities():
        if earlier.get(change.place) != change:
            _apply(records, change, str(record["id"]), check)


def _apply(records: SavedRecords, change: EntityChange, origin: str, check: SaveCheck | None) -> None:
    if change.register not in records.forms():
        raise GuanaiError(
            "entity.no_register", register=change.register, registers="、".join(records.forms())
        )
    columns = records.form(change.register).columns
    unknown = [name for name in change.values if name not in columns or name in SYSTEM_FIELDS]
    if unknown:
        raise GuanaiError("entity.no_field", register=change.register, fields="、".join(unknown))
    new_id = str(uuid5(NAMESPACE_OID, f"{origin} {change.place} {change.register}"))
    there = records.record(change.register, change.id or new_id)
    if there is None and change.create:
        name = {"name": change.label} if "name" in columns and change.label else {}
        _save(records, change, {**name, **change.values}, check, new_id=change.id or new_id)
    elif there is None:
        raise GuanaiError("entity.no_record", register=change.register, id=change.id or "—")
    elif change.update and any(there.get(name) != value for name, value in change.values.items()):
        _save(records, change, {**there, **change.values}, check)


def _save(
    records: SavedRecords,
    change: EntityChange,
    answers: Mapping[str, Any],
    check: SaveCheck | None,
    new_id: str = "",
) -> None:
    try:
        records.save(change.register, answers, key=new_id, check=check, entity=True)
    except RecordError as error:
        first = next(iter(error.fields.items()), ("", ""))
        raise GuanaiError(
            "entity.refused", register=change.register, field=first[0], message=first[1]
        ) from error
