"""A school that is read before a page asks for it, in the process that the pages' kernels are forked from.

`preload_school` reads the forms, the rules and the registers, and works out what is due; a kernel that is forked
afterwards begins with that. Nothing of it is about a person. What has been saved meanwhile is seen by the number of the
last change: it is then read again, so that a page can be slower than hoped for, but never shows what is outdated.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from urllib.parse import unquote

from guanai.care.errors import GuanaiError
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.forms.session.choices import cache_choices
from guanai.storage.records.records import Identity
from guanai.storage.school.open_school import open_as_owner, sign_in, use_preloaded
from guanai.storage.school.school import School

__all__ = ["preload_school", "preloaded_school", "sign_in_from_headers"]

# Of so many terms before this one the summary is worked out too.
EARLIER = 3

_FileStates = dict[str, tuple[int, int]]

_preloaded: tuple[School, _FileStates] | None = None
_worked_out: tuple[int, date] | None = None


def sign_in_from_headers(environment: Mapping[str, str] = os.environ) -> None:
    """Open the school from now on for the person whom the headers of a page's request name; for nobody without them."""
    person = unquote(environment.get("HTTP_X_GUANAI_PERSON", ""))
    roles = unquote(environment.get("HTTP_X_GUANAI_ROLES", "")).split(",")
    if person:
        staff_id = unquote(environment.get("HTTP_X_GUANAI_STAFF", ""))
        until = environment.get("HTTP_X_GUANAI_CONFIRMED_UNTIL", "")
        confirmed_until = float(until) if until.isascii() and until.isdecimal() else 0.0
        sign_in(Identity(person, staff_id, tuple(filter(None, roles)), confirmed_until=confirmed_until))
    else:
        sign_in(None)


def preload_school(folder: Path) -> Iterator[None]:
    """Read a school, or what has changed in it since this was last done, for `preloaded_school`; step by step.

    Between two steps a kernel may be forked: it has what was read by then.
    """
    global _preloaded, _worked_out

    # A form was published or the workbook changed: read all again.
    if _preloaded is None or _preloaded[1] != _states(_preloaded[0].folder):
        _worked_out = None
        school = open_as_owner(folder)
        _preloaded = (school, _states(school.folder))
        use_preloaded(preloaded_school)
    school = _preloaded[0]
    now = (school.sequence(), school.today())
    if now == _worked_out:
        return
    _worked_out = now
    try:
        for name in school.forms():
            school.preload(name)
            yield
        cache_choices(school.all_forms().values(), school.instances)
        yield
        answers = (school.due, school.to_do, school.unpaired, school.children, school.emergencies)
        for work_out in (*answers, school.summary, school.coverage, school.duties.gaps):
            work_out()
            yield
        terms = school.terms()
        for term in terms[: terms.index(school.term())][-EARLIER:]:  # to compare this one with
            school.summary(term)
            yield
        school.notices  # noqa: B018  # reads the forms that the school has changed
        yield
        school.settings.previews(school.settings.read())
    except GuanaiError:  # a page that needs it says what is wrong
        return


def preloaded_school(folder: SchoolFolder, identity: Identity) -> School | None:
    """Return the school as that person sees it, from what was read before; None where it was not, or is outdated."""
    if _preloaded is None or _preloaded[0].folder.path != folder.path or _preloaded[1] != _states(folder):
        return None
    return _preloaded[0].as_identity(identity).reuse_cache_of(_preloaded[0])


def _states(folder: SchoolFolder) -> _FileStates:
    """Return the time and size of what the school's rules and forms are read from."""
    files = [folder.workbook, *folder.rule_files, *sorted(folder.forms.glob("*"))]
    states = {str(file): file.stat() for file in files if file.exists()}
    return {name: (state.st_mtime_ns, state.st_size) for name, state in states.items()}
