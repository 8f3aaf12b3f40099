"""A school's files are for whoever serves the school, and for no other user of the machine.

`make_private` is what a process does at its start: what it makes afterwards is private whoever writes it. `tighten` does
the same to files from before. On Windows a folder's own rights decide, and both do nothing.
"""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["PRIVATE_UMASK", "make_private", "tighten"]

#: What is taken from the rights of a new file: everything of the group and of others.
PRIVATE_UMASK = 0o077
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_HAS_MODES = sys.platform != "win32"


def make_private() -> None:
    """Let this process and those it starts make files with mode 0600 and folders with mode 0700 at most."""
    if _HAS_MODES:
        os.umask(PRIVATE_UMASK)


def tighten(folder: Path) -> list[Path]:
    """Take the rights of the group and of others from a folder and all that is in it.

    Returns what could not be changed, because it belongs to another user. Links are left alone, and not followed.
    """
    failed = []
    for path in _all_in(folder) if _HAS_MODES else ():
        try:
            mode = path.lstat().st_mode
            if mode & _OTHERS and not stat.S_ISLNK(mode):
                path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
        except FileNotFoundError:
            continue
        except OSError:
            failed.append(path)
    return failed


def _all_in(folder: Path) -> Iterator[Path]:
    yield folder
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(place, name)
