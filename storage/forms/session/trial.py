"""A form tried before anybody fills it in: what its expressions cannot do shows in the form when it is opened.

What can be seen from the sheets alone is refused when the form is loaded (`guanai.storage.forms.xlsform.checks`).
"""

from collections.abc import Iterable, Iterator

from guanai.care.errors import FormError
from guanai.storage.forms.session.form_session import Branch, FormSession
from guanai.storage.forms.xlsform.definitions import Form, Instances
from guanai.storage.forms.xlsform.items import Repeat

__all__ = ["try_form"]


def try_form(form: Form, file: str, instances: Instances | None = None) -> None:
    """Open a blank form and look at every question of it, one instance of each repeat too.

    Raises FormError, with the file and the row, for the first expression that looks for what is not there or has more to
    do than it may; ``instances`` gives the rows of lists that are kept elsewhere, without it they are empty.
    """
    session = FormSession(form, instances=instances or form.instances or (lambda name: []), defaults=True)
    while path := next(_empty_repeats(session.tree()), None):
        session.add(path)
    session.check()
    for item, fault in session.faults():
        raise FormError(fault.key, file=file, row=item.row, **fault.values)  # type: ignore[arg-type]


def _empty_repeats(branches: Iterable[Branch]) -> Iterator[str]:
    """Yield the paths of the repeats without an instance that a person adds to."""
    for branch in branches:
        if isinstance(branch.item, Repeat) and branch.item.count is None and not branch.children:
            yield branch.path
        yield from _empty_repeats(branch.children)
