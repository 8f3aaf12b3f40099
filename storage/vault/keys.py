"""The key of a school's vault: a file outside the school's folder, so that a copy of the folder alone tells nothing.

``GUANAI_KEY`` names the file, else it is ``keys/SCHOOL.key`` in the settings of whoever runs this (``$XDG_CONFIG_HOME/guanai``
or ``~/.config/guanai``; SCHOOL is a number by chance that stands in the vault). It is made when the vault is. Whoever loses
it has lost what is in the vault: there is no other way in.
"""

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

from guanai.care.errors import StorageError

__all__ = ["KEY_VARIABLE", "SealKeys", "copy_key", "key_file", "make_key", "read_key"]

#: The environment variable that names the key file.
KEY_VARIABLE = "GUANAI_KEY"
LENGTH = 32
#: The first line of a key file, so that a person who finds it knows what it is.
HEAD = "guanai vault key, do not lose and do not share:"


def key_file(school: str) -> Path:
    """Return where the key of a school lies, by the number that stands in its vault."""
    named = os.environ.get(KEY_VARIABLE)
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "guanai" / "keys" / f"{school}.key"


def make_key(school: str) -> Path:
    """Make the key file of a school, readable to its user alone; one that is there already is left. Raises StorageError."""
    path = key_file(school)
    if path.exists():
        return path
    _write(path, secrets.token_bytes(LENGTH))
    return path


def read_key(school: str) -> bytes:
    """Return the key of a school. Raises StorageError where there is no key file, or none that can be read."""
    path = key_file(school)
    try:
        lines = path.read_text(encoding="ascii").split()
        key = bytes.fromhex(lines[-1])
    except FileNotFoundError as error:
        raise StorageError("vault.no_key", path=path) from error
    except (OSError, ValueError, IndexError) as error:
        raise StorageError("vault.bad_key", path=path) from error
    if len(key) != LENGTH:
        raise StorageError("vault.bad_key", path=path)
    return key


def copy_key(school: str, path: Path) -> None:
    """Copy the key to a file that is not there yet. Raises StorageError."""
    key = read_key(school)
    if path.exists():
        raise StorageError("vault.key_exists", path=path)
    _write(path, key)


def _write(path: Path, key: bytes) -> None:
    """Write a key file whole or not at all: two that make it at once get the same one."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(f"{HEAD}\n{key.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(part, path)  # unlike a rename, never over a key that is there
    except OSError as error:
        raise StorageError("vault.key_unwritable", path=path, reason=error.strerror or "") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


class SealKeys:
    """What is made of a key: sealing of contents (AES-256-GCM), marks of the chain and search keys (HMAC-SHA256)."""

    def __init__(self, key: bytes, school: str) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
            from cryptography.hazmat.primitives.hashes import SHA256
            from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        except ImportError as error:  # an environment that was made before there was a vault
            raise StorageError("vault.no_package") from error

        def derived(purpose: str) -> bytes:
            return HKDF(SHA256(), LENGTH, school.encode(), purpose.encode()).derive(key)

        self._aes = AESGCM(derived("content"))
        #: For the marks by which each entry of the trail vouches for all before it.
        self.chain = derived("chain")
        #: For what a row is searched by.
        self.index = derived("index")

    def seal(self, content: bytes, place: str) -> bytes:
        """Return content that only this key opens, and only at this place: a row that is moved does not open."""
        nonce = secrets.token_bytes(12)
        return nonce + self._aes.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Return what was sealed. Raises StorageError where it was not by this key, at this place, or was altered."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._aes.decrypt(sealed[:12], sealed[12:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise StorageError("vault.altered", place=place) from error
