"""Files that came together, by name: those beside a file, in a folder, in a zip, or chosen at once on a page.

Nothing is unpacked onto the disk: what a zip holds is measured first and read when it is asked for.
"""

import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from guanai.care.errors import ExchangeError
from guanai.storage.files.corrupt_files import DAMAGED
from guanai.storage.files.sheet import megabytes

__all__ = ["FolderFiles", "ZippedFiles"]

UNPACKED = 300 * 1024 * 1024
PARTS = 20_000
_ENCRYPTED = 0x1  # the flag of a part that has a password


class FolderFiles(Mapping[str, bytes]):
    """The files of a folder, those in folders below it by their path (``media/1700.jpg``)."""

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
        except DAMAGED as error:
            raise ExchangeError("exchange.bad_zip", file=name) from error
        parts = [part for part in self._archive.infolist() if not part.is_dir()]
        # What a part says of its size is all that Python unpacks of it, so this cannot be got around.
        unpacked = sum(part.file_size for part in parts)
        if unpacked > UNPACKED or len(parts) > PARTS:
            raise ExchangeError("exchange.bomb", file=name, size=megabytes(unpacked))
        if any(part.flag_bits & _ENCRYPTED for part in parts):
            raise ExchangeError("exchange.locked_zip", file=name)
        self._parts = {part.filename: part for part in sorted(parts, key=lambda part: part.filename)}

    def __getitem__(self, name: str) -> bytes:
        part = self._parts[name]
        try:
            return self._archive.read(part)
        except DAMAGED as error:
            raise ExchangeError("exchange.bad_zip", file=self._name) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)
