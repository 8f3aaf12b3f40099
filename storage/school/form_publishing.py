"""Forms as a coordinator changes them: downloaded, checked, compared with the one in use, published, reverted.

What is published is written to ``forms/NAME.xlsx``. Who published it, and every file before it, is stored by `guanai.storage.form_files.versions`. Publishing is one step: the answers of renamed questions get
their new name, those that do not fit a changed type are stored under another name, and no answer is lost.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from guanai.care.errors import AccessError, GuanaiError, PolicyError, StorageError
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.form_files.uploads import (
    blank_workbook,
    check_required_questions,
    checked_name,
    checked_upload,
    workbook_of,
)
from guanai.storage.form_files.versions import Version, What, content_hash, write_form_file
from guanai.storage.forms.changes.answer_migration import AnswerMigration, migration_of
from guanai.storage.forms.changes.differences import Difference, differences, guessed_renames, same_places
from guanai.storage.forms.session.trial import try_form
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.forms.xlsform.loading import form_of_file
from guanai.storage.records.access import Access
from guanai.storage.records.registers import Registers
from guanai.storage.school.policy_in_use import PolicyInUse
from guanai.storage.school.workbooks import read_workbook

__all__ = ["FormProposal", "FormPublishing", "PublishPlan"]


@dataclass(frozen=True)
class FormProposal:
    """A form that may be published: its file, the form in use (None: a new register), and what was in use when it came.

    ``renames`` are those without which answers would be lost (an earlier version is restored, a name is now in two
    groups), ``guesses`` those that may be meant. ``content`` is None for the shipped form. ``of`` is the number
    of the version that is restored.
    """

    name: str
    form: Form
    before: Form | None
    content: bytes | None
    base: tuple[str, int]
    renames: Mapping[str, str] = field(default_factory=dict)
    guesses: Mapping[str, str] = field(default_factory=dict)
    what: What = "published"
    of: int = 0


@dataclass(frozen=True)
class PublishPlan:
    """What publishing a proposal would do: the differences, what becomes of stored answers, and what else must be mended.

    ``duties`` is what the school's workbook would be wrong about, empty while it is not.
    """

    differences: tuple[Difference, ...]
    answers: AnswerMigration
    duties: str = ""


class FormPublishing:
    """The forms of one school, as far as a coordinator changes them."""

    def __init__(self, records: Registers, rules: PolicyInUse, access: Access) -> None:
        self._records = records
        self._rules = rules
        self._access = access

    @property
    def allowed(self) -> bool:
        """Whether the person may publish, by the sheet 权限."""
        return self._access.may_matter("forms")

    def _check_allowed(self) -> None:
        if not self.allowed:
            raise AccessError("designer.not_allowed")

    def names(self) -> dict[str, str]:
        """Return the title of every form by its name."""
        return {name: form.title() for name, form in self._records.all_forms().items()}

    def form(self, name: str) -> Form:
        """Return the form in use."""
        return self._records.form(name)

    def own_file(self, name: str) -> str:
        """Return the path of the school's own copy within its folder, empty while the shipped form is in use."""
        own = self._own(name)
        return f"{self._records.folder.forms.name}/{own.name}" if own else ""

    def ships(self, name: str) -> bool:
        """Whether there is a shipped form of that name to go back to."""
        return name in shipped_forms()

    def workbook(self, name: str, title: str = "") -> bytes:
        """Return the form in use as a workbook to be changed; without a name one for a new register of a title."""
        if not name:
            return blank_workbook(title)
        path = self._own(name) or shipped_forms().get(name)
        if path is None:
            raise GuanaiError("school.no_form", name=name, names="、".join(self._records.forms()))
        return workbook_of(path)

    def versions(self, name: str) -> list[Version]:
        """Return the versions of a form, the latest first."""
        return self._records.versions.of(name)[::-1]

    # -- a form that may be published

    def upload(self, name: str, file: str, content: bytes, *, new: bool = False) -> FormProposal:
        """Return what a changed or new form would be.

        Raises FormError with file, sheet, row, column and what to do, GuanaiError for a name that cannot be used.
        """
        self._check_allowed()
        register = checked_name(name, self._records.forms()) if new else name
        plain = checked_upload(file, content)
        form = self._read(plain, f"{Path(file).stem}.xlsx", register)
        before = None if new else self._records.form(register)
        check_required_questions(register, form, shipped_forms())
        guesses = guessed_renames(before, form) if before else {}
        renames = same_places(before, form) if before else {}
        return FormProposal(register, form, before, plain, self._base(register), renames, guesses)

    def earlier(self, name: str, number: int) -> FormProposal:
        """Return an earlier version as what may be published again; 0 is the shipped form.

        Raises GuanaiError when there is none of that number, StorageError when its file is gone.
        """
        self._check_allowed()
        before, base = self._records.form(name), self._base(name)
        renames = self._records.versions.renames_back_to(name, number)
        if number == 0:
            path = shipped_forms().get(name)
            if path is None:
                raise GuanaiError("designer.not_shipped", name=name)
            form = self._read(path.read_bytes(), path.name, name)
            renames = {**same_places(before, form), **renames}
            return FormProposal(name, form, before, None, base, renames, what="shipped")
        version = next((version for version in self.versions(name) if version.number == number), None)
        if version is None or not version.file:
            raise GuanaiError("designer.no_version", name=name, number=number)
        content = self._records.versions.content(version)
        form = self._read(content, Path(version.file).name, name)
        renames = {**same_places(before, form), **renames}
        return FormProposal(name, form, before, content, base, renames, what="taken_back", of=number)

    def _read(self, content: bytes, file: str, name: str) -> Form:
        """Return the form of a file, its choices from the school's records."""
        form = form_of_file(content, file, name, cache=self._records.folder.internal / "forms")
        form = replace(form, instances=self._records.instances, clock=self._records.today)
        try_form(form, file)
        return form

    def plan(self, proposal: FormProposal, renames: Mapping[str, str] | None = None) -> PublishPlan:
        """Return what publishing would do, with these renames chosen. Raises GuanaiError for renames that collide."""
        self._check_allowed()
        chosen = {**proposal.renames, **(renames or {})}
        twice = [new for new in chosen.values() if list(chosen.values()).count(new) > 1]
        asides = set(self._asides(proposal.name))
        if proposal.before is None:
            return PublishPlan((), AnswerMigration(), self._duties(proposal))
        for new in twice:
            if sum(after == new and old not in asides for old, after in chosen.items()) > 1:
                raise GuanaiError("designer.rename_twice", name=new)
        if proposal.before.restricted and not proposal.form.restricted and not self.ships(proposal.name):
            raise GuanaiError("designer.stays_restricted")
        changes = differences(proposal.before, proposal.form, chosen)
        rows = self._records.table(proposal.name).rows()
        change = migration_of(
            proposal.before, proposal.form, chosen, rows, self._records.form(proposal.name).retired
        )
        return PublishPlan(tuple(changes), change, self._duties(proposal))

    def publish(self, proposal: FormProposal, renames: Mapping[str, str] | None = None) -> Version:
        """Put a proposal into use, and its answers with it, all or nothing; return the version that it is.

        Raises AccessError for somebody who may not, GuanaiError when another form has come into use since the
        proposal was made.
        """
        records, name = self._records, proposal.name
        self._check_allowed()
        with records.transaction():
            self._check_base(proposal)
            if proposal.before is None:
                checked_name(name, records.forms())
            plan = self.plan(proposal, renames)
            if plan.answers.renames and records.is_restricted(name) and not records.identity.owner:
                raise AccessError("vault.owner_only")  # the answers that would be renamed are not seen here
            signed = records.signature()
            self._add_version_by_hand(name, signed)
            version = records.versions.add(
                name,
                proposal.what,
                proposal.content,
                signed,
                of=proposal.of,
                changes=tuple(difference.text() for difference in plan.differences),
                renames=dict(plan.answers.renames),
                asides=dict(plan.answers.asides),
                retired=plan.answers.retired,
            )
            self._rewrite(name, plan.answers, signed)
            self._put(name, proposal.content)
        return version

    # -- closing a register

    def closable(self, name: str) -> bool:
        """Whether a register is the school's own, which can be closed; what ships stays, as rules and reports read it."""
        return bool(name) and name in self._records.forms() and not self.ships(name)

    def is_closed(self, name: str) -> bool:
        """Whether a register is closed: its records stay to be read, nothing is added."""
        return name in self._records.versions.closed()

    def close(self, name: str) -> Version:
        """Close a register of the school's own: its records stay where they are, none is added, it is not offered any more.

        Raises AccessError for somebody who may not, GuanaiError for a register that ships or that a duty names.
        """
        self._check_allowed()
        if not self.closable(name):
            raise GuanaiError("designer.not_closable", name=name)
        duties = [duty.name for duty in self._rules.policy.duties if name in (duty.record, *duty.records)]
        if duties:
            raise GuanaiError("designer.close_duty", duties="、".join(duties))
        return self._records.versions.add(name, "closed", None, self._records.signature())

    def reopen(self, name: str) -> Version:
        """Offer a closed register again, with all its records. Raises AccessError for somebody who may not."""
        self._check_allowed()
        return self._records.versions.add(name, "reopened", None, self._records.signature())

    # -- files in the folder

    def _own(self, name: str) -> Path | None:
        return self._records.own_form_file(name)

    def _base(self, name: str) -> tuple[str, int]:
        """Return what identifies the form in use, to see later whether it is still the same."""
        own, versions = self._own(name), self._records.versions.of(name)
        return (content_hash(own.read_bytes()) if own else "", versions[-1].number if versions else 0)

    def _check_base(self, proposal: FormProposal) -> None:
        if self._base(proposal.name) == proposal.base:
            return
        later = [version for version in self.versions(proposal.name) if version.number > proposal.base[1]]
        if later:
            raise GuanaiError("designer.meanwhile", by=later[0].by, name=proposal.name)
        raise GuanaiError("designer.changed_by_hand", file=self.own_file(proposal.name) or proposal.name)

    def _add_version_by_hand(self, name: str, signed: Mapping[str, str]) -> None:
        """Add the file in use as a version where it was put into the folder by hand."""
        own, versions = self._own(name), self._records.versions.of(name)
        if own is None:
            return
        content = workbook_of(own)
        last = next((version.mark for version in reversed(versions) if version.mark), "")
        if last != content_hash(content):
            self._records.versions.add(name, "found", content, signed)

    def _put(self, name: str, content: bytes | None) -> None:
        """Write a form into the folder, or remove it where the shipped one is to be used again."""
        target = self._records.folder.forms / f"{name}.xlsx"
        if content is not None:
            write_form_file(target, content)
        for other in (target if content is None else None, target.with_suffix(".md")):
            if other is not None and other.exists():
                with suppress(FileNotFoundError):
                    try:
                        other.unlink()
                    except PermissionError as error:
                        reason = error.strerror or str(error)
                        raise StorageError("designer.unwritable", file=other.name, reason=reason) from error

    # -- stored answers

    def _asides(self, name: str) -> list[str]:
        return [aside for version in self._records.versions.of(name) for aside in version.asides.values()]

    def _rewrite(self, name: str, change: AnswerMigration, signed: Mapping[str, str]) -> None:
        """Rename and move the answers of a register, in its records and their history."""
        if not change.moves:
            return

        def rewrite(document: Any) -> None:
            before = {key: value for key, value in document.items() if key not in SYSTEM_FIELDS}
            after = change.of(before)
            if after == before:
                return
            for key in before.keys() - after.keys():
                del document[key]
            document |= {**after, "revision": int(document.get("revision") or 0) + 1, **signed}

        self._records.table(name).update(rewrite)

    def _duties(self, proposal: FormProposal) -> str:
        """Return what the school's workbook would be wrong about with this form in use."""
        workbook = self._records.folder.workbook
        if not workbook.exists() or self._rules.workbook_mistakes():
            return ""
        columns = {name: form.columns for name, form in self._records.all_forms().items()}
        try:
            sheets = read_workbook(workbook)
            self._rules.read(sheets, {**columns, proposal.name: proposal.form.columns})
        except PolicyError as error:
            return error.message()
        return ""
