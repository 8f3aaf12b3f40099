"""Several files by name: the files of a folder or of a zip.

A zip is not unpacked onto the disk: the unpacked size is checked first, and each file is read when it is needed.
"""

import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from guanai.care.errors import ExchangeError
from guanai.storage.files.file_access import READ_ERRORS, megabytes

__all__ = ["FolderFiles", "ZippedFiles"]

_MAX_UNPACKED = 300 * 1024 * 1024
_MAX_ENTRIES = 20_000
_ENCRYPTED = 0x1  # the flag of an entry that has a password


class FolderFiles(Mapping[str, bytes]):
    """The files of a folder and its sub-folders by their relative path (``media/1700.jpg``); no links."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> bytes:
        path = self._folder / name
        if ".." in Path(name).parts or path.is_symlink() or not path.is_file():
            raise KeyError(name)
        return path.read_bytes()

    def __iter__(self) -> Iterator[str]:
        for path in sorted(self._folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(self._folder).as_posix()

    def __len__(self) -> int:
        return sum(1 for _ in self)


class ZippedFiles(Mapping[str, bytes]):
    """The files of a zip. Raises ExchangeError for one that is damaged, has a password, or unpacks to too much."""

    def __init__(self, content: bytes, name: str) -> None:
        self._name = name
        try:
            self._archive = zipfile.ZipFile(BytesIO(content))
        except READ_ERRORS as error:
            raise ExchangeError("exchange.bad_zip", file=name) from error
        entries = [entry for entry in self._archive.infolist() if not entry.is_dir()]
        # zipfile unpacks no more of an entry than the size it declares, so this check cannot be evaded.
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > _MAX_UNPACKED or len(entries) > _MAX_ENTRIES:
            raise ExchangeError("exchange.bomb", file=name, size=megabytes(unpacked))
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise ExchangeError("exchange.locked_zip", file=name)
        self._entries = {entry.filename: entry for entry in sorted(entries, key=lambda entry: entry.filename)}

    def __getitem__(self, name: str) -> bytes:
        entry = self._entries[name]
        try:
            return self._archive.read(entry)
        except READ_ERRORS as error:
            raise ExchangeError("exchange.bad_zip", file=self._name) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
