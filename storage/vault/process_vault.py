"""Which vault this process has: a page's kernel its connection, who works in the folder the vault itself, a server none.

The server, and the process that kernels are forked from, say so before anything is read: `close_here`.
"""

import socket
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from guanai.care.errors import StorageError
from guanai.storage.vault.client import VaultClient
from guanai.storage.vault.closed import ClosedVault
from guanai.storage.vault.own import OwnVault
from guanai.storage.vault.protocol import Vault
from guanai.storage.vault.store import VaultStore

__all__ = ["close_here", "connect_here", "open_store", "vault_of"]


@dataclass
class _Process:
    """What was said of this process."""

    closed: bool = False
    client: VaultClient | None = None


_process = _Process()
_stores: "WeakValueDictionary[Path, VaultStore]" = WeakValueDictionary()


def close_here() -> None:
    """Let no vault be opened in this process, whoever asks: restricted registers are empty in it."""
    _process.closed = True


def connect_here(descriptor: int) -> None:
    """Ask the vault over a socket from now on; the vault knows whose it is."""
    connection = socket.socket(fileno=descriptor)
    if _process.client is None:
        _process.client = VaultClient(connection)
    else:
        _process.client.connect(connection)
    _process.closed = True


def vault_of(path: Path, person: str, *, owner: bool) -> Vault:
    """Return the vault of a school (``path``: its file) as a person asks it, in this process."""
    if _process.client is not None and not owner:
        return _process.client
    if _process.closed or not owner:
        return ClosedVault()
    try:
        return OwnVault(open_store(path), person)
    except StorageError as error:  # without its key the school opens, and restricted registers say so
        return ClosedVault(error)


def open_store(path: Path) -> VaultStore:
    """Return the vault of a file, opened once in a process, again once it was closed. Raises StorageError."""
    store = _stores.get(path)
    if store is None or store.is_closed:
        store = _stores[path] = VaultStore(path)
    return store
