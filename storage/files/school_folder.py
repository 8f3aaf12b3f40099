"""A school is a folder: where each thing in it lies. Copying the folder copies the school."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Folder"]


@dataclass(frozen=True)
class Folder:
    """The folder of one school, and the place of everything in it."""

    path: Path

    @property
    def records(self) -> Path:
        """The records, a SQLite file."""
        return self.path / "records.db"

    @property
    def workbook(self) -> Path:
        """The school's own rules: profile, calendar, duties, categories, wording."""
        return self.path / "school.xlsx"

    @property
    def forms(self) -> Path:
        """Forms of the school's own, and changed ones, that come before the shipped ones."""
        return self.path / "forms"

    @property
    def reports(self) -> Path:
        """Report templates of the school's own, and changed ones."""
        return self.path / "reports"

    @property
    def notebooks(self) -> Path:
        """The pages."""
        return self.path / "notebooks"

    @property
    def attachments(self) -> Path:
        """Photos and scans."""
        return self.path / "attachments"

    @property
    def backups(self) -> Path:
        """Kept copies."""
        return self.path / "backups"

    @property
    def kept(self) -> Path:
        """What the software keeps for itself: last good versions and forms already translated."""
        return self.path / ".guanai"

    @property
    def is_school(self) -> bool:
        """Whether somebody has made a school here."""
        return self.records.exists() or self.workbook.exists()

    def make(self) -> None:
        """Make the folders that a school has; what is there stays."""
        for folder in (self.forms, self.reports, self.notebooks, self.attachments, self.backups, self.kept):
            folder.mkdir(parents=True, exist_ok=True)
