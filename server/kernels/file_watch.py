"""Notices that files have changed: the program's own, a school's forms and its workbook."""

import os
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

__all__ = ["FileWatch", "program_folders"]

ROOMS = ("care", "server", "storage", "templates", "widgets")
IGNORED_ENDINGS = (".pyc", "~", ".swp", ".tmp")


class FileWatch:
    """Files, and folders with all that is in them, as they were when last looked at."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = list(paths)
        self._stamps = self._read_stamps()

    def has_changed(self) -> bool:
        """Whether a file has come, gone or been written since this was last asked. About a millisecond."""
        stamps = self._read_stamps()
        changed, self._stamps = stamps != self._stamps, stamps
        return changed

    def _read_stamps(self) -> dict[str, tuple[int, int]]:
        return dict(stamp for path in self._paths for stamp in _stamps(str(path)))


def _stamps(path: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each file with its time and size; folders that Python or a version control makes are passed over."""
    try:
        entries = list(os.scandir(path))
    except NotADirectoryError:
        stat = os.stat(path)
        yield path, (stat.st_mtime_ns, stat.st_size)
        return
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir():
                if entry.name[0] not in "._":
                    yield from _stamps(entry.path)
            elif not entry.name.endswith(IGNORED_ENDINGS) and entry.name[0] not in "~.":
                stat = entry.stat()
                yield entry.path, (stat.st_mtime_ns, stat.st_size)
        except OSError:
            continue


def program_folders() -> list[Path]:
    """Return the folders that the program's own code and templates are in."""
    return [Path(str(import_module(f"guanai.{room}").__file__)).parent for room in ROOMS]
