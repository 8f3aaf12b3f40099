"""A school is a folder: the path of each file and folder in it. Copying the folder copies the school."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["SchoolFolder"]


@dataclass(frozen=True)
class SchoolFolder:
    """The folder of one school, and the paths in it."""

    path: Path

    @property
    def records(self) -> Path:
        """The records, a SQLite file."""
        return self.path / "records.db"

    @property
    def vault(self) -> Path:
        """The records of restricted registers and the trail, sealed."""
        return self.path / "vault.db"

    @property
    def workbook(self) -> Path:
        """The school's own rules: profile, calendar, duties, categories, wording."""
        return self.path / "school.xlsx"

    @property
    def forms(self) -> Path:
        """The school's own and changed forms, which replace the shipped ones of the same name."""
        return self.path / "forms"

    @property
    def rules(self) -> Path:
        """The school's own kinds of duty, as functions in Python files."""
        return self.path / "rules"

    @property
    def rule_files(self) -> list[Path]:
        """The files of `rules`, in the order of their names."""
        return sorted(self.rules.glob("*.py"))

    @property
    def reports(self) -> Path:
        """The school's own and changed report templates."""
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
        """Backups."""
        return self.path / "backups"

    @property
    def internal(self) -> Path:
        """The software's own files: last good versions, forms already translated, sessions."""
        return self.path / ".guanai"

    @property
    def is_school(self) -> bool:
        """Whether there is a school in this folder."""
        return self.records.exists() or self.workbook.exists()

    def create(self) -> None:
        """Create the folders of a school that do not exist yet, for this user of the machine only."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (
            self.forms,
            self.reports,
            self.notebooks,
            self.attachments,
            self.backups,
            self.internal,
        ):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
