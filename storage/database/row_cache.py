"""The documents of one table as this process last read them."""

import json
from collections.abc import Iterable

from guanai.storage.database import schemas
from guanai.storage.database.documents import Json, parse_documents
from guanai.storage.database.driver import Row

__all__ = ["CachedRows"]


class CachedRows:
    """One table's documents by doc_id, in the order of doc_id, up to the change of number ``seq``.

    `guanai.storage.database.databases.Database.rows` reads what goes in here. The documents are shared by all readers of
    this process: copy before changing (`guanai.storage.database.documents.copy_document`).
    """

    def __init__(self) -> None:
        self.documents: dict[int, Json] = {}
        self.loaded = False
        #: Read within a change that is not committed: to be forgotten if that is rolled back.
        self.uncommitted = False
        #: The number of the last change that touched this table: equal numbers mean equal documents.
        self.version = 0
        #: The number of the newest change in the whole database when this was last read.
        self.seq = 0

    def load(self, rows: list[Row], seq: int) -> None:
        """Take all rows of the table (of ``schemas.ALL_RECORDS``)."""
        keys = [schemas.doc_id_of(key) for key, _, _ in rows]
        self.documents = dict(zip(keys, parse_documents(text for _, text, _ in rows), strict=True))
        self.seq = self.version = seq
        self.loaded = True

    def update(self, changes: Iterable[Row], seq: int) -> None:
        """Take the changes since the last time (of ``schemas.CHANGES_SINCE``)."""
        self.loaded = False  # until all are taken: an interrupted update is followed by a load
        last_doc_id = next(reversed(self.documents), 0)
        in_order = True
        for change_seq, doc_id, after in changes:
            if after is None:
                self.documents.pop(doc_id, None)
            else:
                in_order = in_order and (doc_id > last_doc_id or doc_id in self.documents)
                last_doc_id = max(last_doc_id, doc_id)
                self.documents[doc_id] = json.loads(after)
            self.version = self.seq = change_seq
        if not in_order:
            self.documents = dict(sorted(self.documents.items()))
        self.seq = max(self.seq, seq)
        self.loaded = True
