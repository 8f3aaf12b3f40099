"""The documents of one table as this process last read them, and how they are brought up to date."""

import json
from typing import TYPE_CHECKING

from guanai.storage.database import schemas
from guanai.storage.database.documents import Json, parse_documents

if TYPE_CHECKING:
    from guanai.storage.database.databases import Database

__all__ = ["CachedRows"]


class CachedRows:
    """One table's documents by doc_id, in the order of doc_id.

    The documents are shared by all readers of this process: copy before changing
    (`guanai.storage.database.documents.copy_document`).
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.documents: dict[int, Json] = {}
        self.loaded = False
        #: Read within a change that is not finished: to be forgotten if that is rolled back.
        self.uncommitted = False
        #: The number of the last change that touched this table: equal numbers mean equal documents.
        self.version = 0
        self._seq = 0

    def load(self, database: "Database") -> None:
        """Read the whole table; call within one snapshot."""
        self._seq = self.version = database.sequence()
        number = database.table_number(self.name)
        found = [] if number is None else database.run(schemas.ALL_RECORDS, **schemas.key_range(number))
        keys = [schemas.doc_id_of(key) for key, _, _ in found]
        self.documents = dict(zip(keys, parse_documents(text for _, text, _ in found), strict=True))
        self.loaded = True

    def catch_up(self, database: "Database") -> None:
        """Read the rows that changed since the last time; nearly free when there are none."""
        newest = database.sequence()
        if newest == self._seq:
            return
        if newest < self._seq:  # the file was exchanged for an older one
            self.load(database)
            return
        self.loaded = False  # until all is read: who is interrupted starts over
        top = next(reversed(self.documents), 0)
        in_order = True
        for seq, doc_id, after in database.run(schemas.CHANGES_SINCE, table_name=self.name, seq=self._seq):
            if after is None:
                self.documents.pop(doc_id, None)
            else:
                in_order = in_order and (doc_id > top or doc_id in self.documents)
                top = max(top, doc_id)
                self.documents[doc_id] = json.loads(after)
            self.version = self._seq = seq
        if not in_order:
            self.documents = dict(sorted(self.documents.items()))
        self._seq = max(self._seq, newest)
        self.loaded = True
