"""Which records name which attachment, and which attachments nothing names any more."""

import json
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from guanai.storage.database.databases import Database
from guanai.storage.database.schemas import history, records
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat
from guanai.storage.records.drafts import draft_texts
from guanai.storage.records.registers import Registers

__all__ = ["FILES", "UNUSED_FOR", "AttachmentNames", "asks_for_files", "file_names", "remove_unused"]

#: The kinds of question whose answer is the name of an attachment.
FILES = ("image", "file")
#: An attachment that nothing names is removed when it is older: a form may be open on a page, and not saved yet.
UNUSED_FOR = timedelta(days=3)
# Rows of the history that are looked at before others of this process go on.
_BATCH, _PAUSE_SECONDS = 200, 0.01


def asks_for_files(form: Form) -> bool:
    """Whether a form has a question for a picture or a file."""
    return any(question.kind in FILES for question in form.questions())


def file_names(items: Iterable[Item], answers: Mapping[str, Any]) -> Iterator[str]:
    """Yield the attachments that the answers of a record name."""
    for item in items:
        if isinstance(item, Group):
            yield from file_names(item.items, answers)
        elif isinstance(item, Repeat):
            for row in answers.get(item.key) or ():
                if isinstance(row, Mapping):
                    yield from file_names(item.items, row)
        elif isinstance(item, Question) and item.kind in FILES and answers.get(item.key):
            yield str(answers[item.key])


class AttachmentNames:
    """The attachments that the records of a school name; a register is read again once it has changed."""

    def __init__(self, whole: Registers) -> None:
        self._whole = whole
        self._named: dict[str, tuple[object, dict[str, list[str]]]] = {}

    def naming(self, name: str, forms: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the records of some registers that name an attachment, whole, with the name of their register."""
        for form in forms:
            for record_id in self._of(form).get(name, ()):
                record = self._whole.record(form, record_id)
                if record is not None:
                    yield form, record

    def _of(self, form: str) -> Mapping[str, list[str]]:
        definition, table = self._whole.form(form), self._whole.table(form)
        state = (definition.source, table.version)
        if form not in self._named or self._named[form][0] != state:
            named: dict[str, list[str]] = defaultdict(list)
            for row in table.rows() if asks_for_files(definition) else ():
                for name in file_names(definition.items, row):
                    named[name].append(str(row.get("id")))
            self._named[form] = (state, named)
        return self._named[form][1]


def remove_unused(folder: Path, database: Database, forms: Iterable[Form]) -> list[str]:
    """Remove the attachments that nothing names: no record, none of its earlier states, no deleted one, no draft.

    Returns their names. Nothing is removed where a register that is kept apart asks for files: what it names is not seen
    from here.
    """
    if any(form.restricted and asks_for_files(form) for form in forms) or not folder.is_dir():
        return []
    oldest = time.time() - UNUSED_FOR.total_seconds()
    unused = {
        path.name: path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and path.stat().st_mtime < oldest
    }
    for text in _texts(database) if unused else ():
        for name in [name for name in unused if name in text or json.dumps(name)[1:-1] in text]:
            del unused[name]
        if not unused:
            break
    for path in unused.values():
        path.unlink(missing_ok=True)
    return sorted(unused)


def _texts(database: Database) -> Iterator[str]:
    """Yield the text of everything that is stored: the records, their history, what was typed and not saved."""
    for row in database.run(sa.select(records.c.document)):
        yield str(row[0])
    yield from draft_texts(database)
    last = -1
    batch = sa.select(history.c.seq, history.c.before, history.c.after).order_by(history.c.seq).limit(_BATCH)
    while rows := database.run(batch.where(history.c.seq > sa.bindparam("last")), last=last):
        for seq, before, after in rows:
            last = seq
            yield f"{before or ''}{after or ''}"
        time.sleep(_PAUSE_SECONDS)
