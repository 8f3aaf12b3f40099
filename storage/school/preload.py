"""A school that has been read before a page asks for it: by the process that the pages' kernels are forked from.

`preload_school` reads the forms, the rules and the registers, and reckons what is due; a kernel that is forked afterwards
starts from there. Nothing of it is about a person. Whatever has been saved meanwhile is seen by the number of the
last change, as ever: what is kept is then read anew, so that it can be slower than hoped for, but never old.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from guanai.care.errors import GuanaiError
from guanai.storage.files.school_folder import Folder
from guanai.storage.forms.session.choices import make_ready
from guanai.storage.school.school import School

__all__ = ["preload_school", "preloaded_school"]

# Of so many terms before this one it is known what they came to.
EARLIER = 3

_Marks = dict[str, tuple[int, int]]

_kept: tuple[School, _Marks] | None = None
_reckoned: tuple[int, date] | None = None


def preload_school(folder: Path) -> Iterator[None]:
    """Read a school, or what has changed in it since this was last done, and keep it for `preloaded_school`; step by step.

    Between two steps a kernel may be forked: it has what was read by then.
    """
    global _kept, _reckoned
    from guanai.storage.school.open_school import open_school

    if _kept is None or _kept[1] != _marks(_kept[0].folder):  # a form was published, the workbook was changed
        _reckoned = None
        school = open_school(folder)
        _kept = (school, _marks(school.folder))
    school = _kept[0]
    now = (school.sequence(), school.today())
    if now == _reckoned:
        return
    _reckoned = now
    try:
        for name in school.forms():
            school.shared_frame(name)
            school.instances(name)
            yield
        make_ready(school.all_forms().values(), school.instances)
        yield
        known = (school.due, school.unpaired, school.children, school.emergencies, school.summary)
        for reckon in (*known, school.coverage, school.duties.gaps):
            reckon()
            yield
        terms = school.terms()
        for term in terms[: terms.index(school.term())][-EARLIER:]:  # to compare this one with
            school.summary(term)
            yield
        school.notices  # noqa: B018  # reads the forms that the school has changed
    except GuanaiError:  # a page that needs it says what is wrong
        return


def preloaded_school(folder: Folder, person: str, staff_id: str) -> School | None:
    """Return the school as that person sees it, from what was read before; None where it was not, or is outdated."""
    if _kept is None or _kept[0].folder.path != folder.path or _kept[1] != _marks(folder):
        return None
    return _kept[0].as_user(person, staff_id).reuse_cache_of(_kept[0])


def _marks(folder: Folder) -> _Marks:
    """Return the time and size of what the school's rules and forms are read from."""
    files = [folder.workbook, *sorted(folder.forms.glob("*"))]
    found = {str(file): file.stat() for file in files if file.exists()}
    return {name: (mark.st_mtime_ns, mark.st_size) for name, mark in found.items()}
