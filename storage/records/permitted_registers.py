"""The forms and records of a school as one person may see and change them: what every page, service and list goes through.

What may not be done raises AccessError, which says who can help, and nothing is written. The whole registers are behind it,
for the services that check what they do themselves.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from guanai.care.errors import GuanaiError
from guanai.care.rights.reach import Reach
from guanai.storage.forms import SYSTEM_FIELDS
from guanai.storage.records.kept_answers import with_kept_answers
from guanai.storage.records.permitted_reading import PermittedReading
from guanai.storage.records.records import Record, SaveCheck

__all__ = ["PermittedRegisters"]


class PermittedRegisters(PermittedReading):
    """The registers of a school for one person."""

    def transaction(self) -> AbstractContextManager[None]:
        """Make every change within the block one: all of them are written, or none."""
        return self._whole.transaction()

    def signature(self, at: str | None = None) -> dict[str, str]:
        """Return ``updated_at`` and ``updated_by`` of a change that the person makes now."""
        return self._whole.signature(at)

    def save(self, form: str, record: Mapping[str, Any], token: str | None = None, key: str = "") -> Record:
        """Check a record by its form and by what the person may do, and save it; return it as they see it.

        Both the record as it was and as it becomes must be within the scope of the act; hidden and masked questions keep
        their answers, and so do children that are outside. Raises as `guanai.storage.records.registers.Registers.save`
        does, and AccessError; then nothing is written and the draft stays.
        """
        if self.access.owner:
            return self._whole.save(form, record, token, key)
        self.access.check("change" if record.get("id") else "add", form)
        answers = self._whole.with_current_names(form, record)
        stored = self._stored(form, str(record["id"])) if record.get("id") else None
        kept = self._kept_answers(form, answers, stored)
        saved = self._whole.save(form, kept, token, key, check=self._check(self.access.reach))
        return self._seen(form, saved, is_new=stored is None)

    def amend(self, form: str, record_id: str, answers: Mapping[str, Any]) -> Record:
        """Change some answers of a record without checking them by the form."""
        if self.access.owner:
            return self._whole.amend(form, record_id, answers)
        kept = self._kept_answers(form, answers, self._stored(form, record_id), only=answers)
        saved = self._whole.amend(form, record_id, kept, check=self._check(self.access.reach))
        return self._seen(form, saved)

    def insert_many(
        self, form: str, records: Iterable[Mapping[str, Any]], *, at: str | None = None, follows: bool = True
    ) -> int:
        """Insert records that have been checked by their form already, all or none; return how many."""
        if self.access.owner:
            return self._whole.insert_many(form, records, at=at, follows=follows)
        self.access.check("add", form)
        check = self._check(self.access.reach)
        return self._whole.insert_many(form, records, at=at, follows=follows, check=check)

    def delete(self, form: str, record_id: str) -> None:
        """Delete a record, so that it can be restored."""
        if not self.access.owner:
            self.access.check("delete", form)
            stored = self._whole.record(form, record_id)
            if stored is not None:
                self.access.check("delete", form, stored)
        self._whole.delete(form, record_id)

    def restore(self, form: str, record_id: str) -> Record:
        """Restore a deleted record, for who may delete it."""
        if self.access.owner:
            return self._whole.restore(form, record_id)
        self.access.check("delete", form)
        last = next((one for one in self._whole.deletions(form) if one.record_id == record_id), None)
        if last is not None:
            self.access.check("delete", form, last.before or {})
        return self._seen(form, self._whole.restore(form, record_id))

    def _stored(self, form: str, record_id: str) -> Record:
        """Return a record that is to be changed."""
        stored = self._whole.record(form, record_id)
        if stored is None:
            self.access.check("change", form)
            raise GuanaiError("school.no_record", id=record_id, form=form)
        self.access.check("change", form, stored)
        return stored

    def _kept_answers(
        self,
        form: str,
        answers: Mapping[str, Any],
        stored: Record | None,
        only: Mapping[str, Any] | None = None,
    ) -> Record:
        """Return answers with what the person could not see as it is stored; with ``only`` no other answers."""
        access = self.access
        if stored is None:
            hidden = access.rights.hidden(form)
            return {name: value for name, value in answers.items() if name not in hidden}
        kept = with_kept_answers(access.cover(form, stored), access.fields(form), answers, stored)
        return kept if only is None else {name: kept[name] for name in only if name in kept}

    def _check(self, reach: Reach) -> SaveCheck:
        """Return what checks each record of a change against what the person reached before it."""
        access = self.access

        def check(
            form: str, before: Mapping[str, Any] | None, after: Mapping[str, Any], *, entity: bool
        ) -> None:
            if not entity or form == "pairing" or before is None:
                access.check("add" if before is None else "change", form, after, reach)
            elif not access.allows("change", form, before, reach):
                access.check("see", form, before, reach)
            access.check_granting(form, before, after)

        return check

    def _seen(self, form: str, saved: Mapping[str, Any], *, is_new: bool = False) -> Record:
        """Return a saved record as the person sees it; of one they may not see what they typed, or its system fields."""
        seen = self.access.visible(form, saved)
        if seen is not None:
            return seen
        return dict(saved) if is_new else {name: saved[name] for name in SYSTEM_FIELDS if name in saved}
