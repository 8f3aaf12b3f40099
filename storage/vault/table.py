"""A restricted register as whoever has no key sees it: a table whose every read and write is a request to the vault.

It has of `guanai.storage.database.record_table.RecordTable` what registers and services use of a table of records.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from tinydb.queries import QueryLike
from tinydb.table import Document

from guanai.care.errors import AccessError
from guanai.storage.database.documents import Json, copy_document
from guanai.storage.database.history import Change

__all__ = ["Ask", "Register", "VaultTable"]


class Ask(Protocol):
    """Sends a request to the vault and returns what it answers. Raises the errors that it answers with."""

    def __call__(self, request: str, **values: Any) -> Any:
        """Ask."""


class Register:
    """What this process has read of a restricted register."""

    def __init__(self) -> None:
        self.version = 0
        self.documents: dict[int, Json] = {}

    def read(self, ask: Ask, name: str) -> "Register":
        """Bring it up to date; a document that stayed the same is the same object."""
        answer = ask("rows", register=name, known=self.version)
        if answer["version"] != self.version:
            before = self.documents
            self.documents = {
                doc_id: before[doc_id] if before.get(doc_id) == document else document
                for doc_id, document in answer["rows"]
            }
            self.version = answer["version"]
        return self


class VaultTable:
    """A restricted register; ``register`` is shared by all tables of it in this process."""

    def __init__(self, name: str, ask: Ask, register: Register) -> None:
        self.name = name
        self._ask = ask
        self._register = register

    # --- reading ---

    def _documents(self) -> dict[int, Json]:
        return self._register.read(self._ask, self.name).documents

    def rows(self) -> list[Json]:
        """Return all documents that the person may see, shared with other readers: do not change them."""
        return list(self._documents().values())

    @property
    def version(self) -> int:
        """A number that differs once what the person sees of the register has changed; 0 for one who sees nothing."""
        return int(self._ask("version", register=self.name))

    def by_id(self, record_id: str) -> Document | None:
        """Return the record of that ``id``, or None."""
        answer = self._ask("record", register=self.name, id=record_id)
        return None if answer is None else Document(answer[1], answer[0])

    def record(self, key: int | str) -> Document | None:
        """Return the record of that ``id`` or doc_id, or None."""
        return self.by_id(key) if isinstance(key, str) else self.get(doc_id=key)

    def search(self, cond: QueryLike) -> list[Document]:
        """Return the documents that a query matches."""
        return [document for document in self if cond(document)]

    def get(
        self, cond: QueryLike | None = None, doc_id: int | None = None, doc_ids: list[int] | None = None
    ) -> Any:
        """Return one document, by a query or its doc_id, or None; with ``doc_ids`` those that exist, as a list."""
        if doc_ids is not None:
            return [document for document in self if document.doc_id in doc_ids]
        return next(
            (
                document
                for document in self
                if (document.doc_id == doc_id if doc_id is not None else cond is not None and cond(document))
            ),
            None,
        )

    def all(self) -> list[Document]:
        """Return all documents."""
        return list(self)

    def __iter__(self) -> Iterator[Document]:
        for doc_id, document in list(self._documents().items()):
            yield Document(copy_document(document), doc_id)

    def __len__(self) -> int:
        return len(self._documents())

    def bin(self) -> list[Change]:
        """Return the deletions that have not been undone, the latest first."""
        return [Change(**change) for change in self._ask("bin", register=self.name)]

    def history(self, key: int | str) -> list[Change]:
        """Return every change of a record, the earliest first."""
        return [Change(**change) for change in self._ask("history", register=self.name, key=key)]

    def ensure_index(self, field: str) -> None:
        """Do nothing: the vault has few records."""

    # --- writing ---

    def insert_once(self, document: Mapping[str, Any], token: str | None = None) -> Document:
        """Store a new record and return it as stored; the same token sent twice is stored once."""
        return self._written("insert", document=dict(document), token=token)

    def replace(
        self,
        key: int | str,
        document: Mapping[str, Any],
        expected_revision: int | None,
        token: str | None = None,
    ) -> Document:
        """Put a new version in the place of a record. Raises ConflictError where somebody has saved it since."""
        return self._written(
            "replace", key=key, document=dict(document), revision=expected_revision, token=token
        )

    def to_bin(self, key: int | str, expected_revision: int | None = None) -> Document:
        """Delete a record, from which it can be restored; return it as it was."""
        return self._written("delete", key=key, revision=expected_revision)

    def restore(self, key: int | str) -> Document:
        """Restore a deleted record, as it was when it was deleted."""
        return self._written("restore", key=key)

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Store several new documents, all or none, and return their doc_ids."""
        written: list[int] = self._ask(
            "insert_many", register=self.name, documents=[dict(document) for document in documents]
        )
        return written

    def update(self, fields: Mapping[str, Any] | Callable[..., Any], *where: Any, **more: Any) -> list[int]:
        """Refuse to change records past their form: only who works in the school's folder may."""
        raise AccessError("vault.owner_only")

    remove = upsert = truncate = update

    def _written(self, request: str, **values: Any) -> Document:
        doc_id, document = self._ask(request, register=self.name, **values)
        return Document(document, doc_id)
