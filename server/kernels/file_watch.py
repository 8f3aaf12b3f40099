"""Notices that files have changed: the program's own, a school's forms and its workbook."""

import os
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

__all__ = ["Watch", "program_folders"]

ROOMS = ("care", "server", "storage", "templates", "widgets")
UNREAD = (".pyc", "~", ".swp", ".tmp")


class Watch:
    """Files and folders, with all that is in them, as they were when last looked at."""

    def __init__(self, places: Iterable[Path]) -> None:
        self._places = list(places)
        self._seen = self._look()

    def has_changed(self) -> bool:
        """Whether a file has come, gone or been written since this was last asked. About a millisecond."""
        now = self._look()
        changed, self._seen = now != self._seen, now
        return changed

    def _look(self) -> dict[str, tuple[int, int]]:
        return dict(mark for place in self._places for mark in _marks(str(place)))


def _marks(place: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each file with its time and size; folders that Python or a version control makes are passed over."""
    try:
        entries = list(os.scandir(place))
    except NotADirectoryError:
        found = os.stat(place)
        yield place, (found.st_mtime_ns, found.st_size)
        return
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir():
                if entry.name[0] not in "._":
                    yield from _marks(entry.path)
            elif not entry.name.endswith(UNREAD) and entry.name[0] not in "~.":
                found = entry.stat()
                yield entry.path, (found.st_mtime_ns, found.st_size)
        except OSError:
            continue


def program_folders() -> list[Path]:
    """Return the folders that the program's own code and templates are in."""
    return [Path(str(import_module(f"guanai.{room}").__file__)).parent for room in ROOMS]
