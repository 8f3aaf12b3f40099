"""Commands about the vault: where its key lies, and the trail of who looked at what: verified, and shown."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from guanai.care.errors import GuanaiError, StorageError
from guanai.server.commands.console_output import print_line
from guanai.templates.wording import catalogue, say

if TYPE_CHECKING:
    from guanai.storage.vault.store import VaultStore

__all__ = ["AUDIT_ACTIONS", "audit", "vault"]


def vault(options: Namespace) -> None:
    """Say where the key of a school lies, and copy it."""
    from guanai.storage.vault.keys import copy_key, key_file

    store = _opened(options.folder)
    try:
        if options.copy_to is not None:
            copy_key(store.file.school, options.copy_to)
            print_line(say("vault.key_copied", path=options.copy_to))
        else:
            print_line(say("vault.key_at", path=key_file(store.file.school)))
    finally:
        store.close()


def audit(options: Namespace) -> None:
    """Verify the trail or show it."""
    store = _opened(options.folder)
    try:
        AUDIT_ACTIONS[options.action](store, options)
    finally:
        store.close()


def _opened(folder: Path) -> "VaultStore":
    """Return the vault of a school. Raises GuanaiError for a folder that is none, StorageError where it cannot be opened."""
    from guanai.storage.files.school_folder import SchoolFolder
    from guanai.storage.vault.process_vault import open_store

    school = SchoolFolder(folder.resolve())
    if not school.is_school:
        raise GuanaiError("school.no_folder", path=folder)
    store = open_store(school.vault)
    store.made_key()
    return store


def _verify(store: "VaultStore", options: Namespace) -> None:
    verdict = store.log.verify()
    if verdict.problem:
        raise StorageError(verdict.problem, number=verdict.number, entries=verdict.entries)
    print_line(say("audit.whole", entries=verdict.entries, last=verdict.last, mark=verdict.mark))


def _show(store: "VaultStore", options: Namespace) -> None:
    for entry in reversed(store.log.all(options.first, options.last, options.person, options.act)):
        act = f"trail.act.{entry['act']}"
        words = (
            entry["at"], entry["person"], "、".join(entry.get("roles") or ()),
            say(act) if act in catalogue() else entry["act"],
            *(entry.get(name) or "" for name in ("form", "record", "source", "detail")),
        )  # fmt: skip
        print_line("\t".join(map(str, words)))


AUDIT_ACTIONS = {"verify": _verify, "show": _show}
