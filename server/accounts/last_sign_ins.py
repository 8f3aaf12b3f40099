"""When each person last signed in: a file beside the records, as every change of a record has everything that is due worked out again."""

import json
import os
from pathlib import Path

__all__ = ["LastSignIns"]


class LastSignIns:
    """The last sign-in of each account by its name: ISO 8601 in UTC, empty for never."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def of(self, name: str) -> str:
        """Return when somebody last signed in by that account."""
        return self._read().get(name, "")

    def note(self, name: str, moment: str) -> None:
        """Note that somebody has just signed in by that account."""
        fresh = self._file.with_suffix(".writing")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._read() | {name: moment}, file, ensure_ascii=False)
        fresh.replace(self._file)

    def _read(self) -> dict[str, str]:
        """Return what the file says; nothing if it is missing or damaged: nobody is kept out by that."""
        try:
            noted = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(name): str(moment) for name, moment in noted.items()} if isinstance(noted, dict) else {}
