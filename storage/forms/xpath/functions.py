"""The table of all functions of expressions: those of the ODK XForms specification and of XPath 1.0.

Where Collect (JavaRosa) and Enketo differ, or would give a wrong answer quietly, this is done here on purpose:

- An unknown function, a wrong number of arguments, a bad regular expression or date code is refused when the form is
  loaded, also in a branch that is never reached (Enketo: ``true() or nonsense()`` is true).
- Dates count in whole local days and ``date(14127)`` is a bare date, as in JavaRosa; ``decimal-date-time`` counts local
  days too, so that ``date(decimal-date-time(${day}) + 7)`` is a week later in China as well. JavaRosa and Enketo count
  there from 1970 in UTC. A time question counts as a fraction of the day.
- Two date-times compare by their time of day too, a date-time and a day by the day; JavaRosa always compares days. A
  date-time keeps its time as a text (``string(now())``), where JavaRosa writes the day only.
- What is no date gives the text "Invalid Date", which is false and NaN, as in Enketo; JavaRosa stops the form.
- ``regex`` matches the whole text, as Collect does; Enketo is content with a part.
- ``round`` takes halves away from zero (-1.5 gives -2), as Enketo; JavaRosa towards plus infinity.
- ``sum``, ``min`` and ``max`` leave out answers not given, as JavaRosa; what is no number makes them NaN, as Enketo.
- ``boolean-from-string`` takes ``true`` and ``1`` only, as the specification says; JavaRosa also ``True``.
- ``once(NaN)`` is the empty text; ``area`` of what is no point is NaN (JavaRosa: 0); ``uuid`` of what is no number is "".
- ``indexed-repeat`` with an index that is empty or below 1 takes the first instance, as JavaRosa; Enketo gives "".
- A number may be written 1e3; a comma is no decimal point (JavaRosa takes ``4,6`` for 4.6).
- Two texts that look like dates are equal only if written alike; an answer and a text if they are the same moment.
"""

import math

from guanai.storage.forms.xpath.date_functions import DATE_FUNCTIONS
from guanai.storage.forms.xpath.geo_functions import GEO_FUNCTIONS
from guanai.storage.forms.xpath.node_functions import NODE_FUNCTIONS
from guanai.storage.forms.xpath.number_functions import NUMBER_FUNCTIONS
from guanai.storage.forms.xpath.signatures import Function
from guanai.storage.forms.xpath.text_functions import TEXT_FUNCTIONS

__all__ = ["FUNCTIONS", "REFUSED", "Function"]


def _compiled_elsewhere(*_: object) -> float:
    """Stands for a function that the compiler builds itself, because it does not evaluate every argument."""
    return math.nan


COMPILED_FUNCTIONS = (
    Function("coalesce", 2, 2, _compiled_elsewhere),
    Function("if", 3, 3, _compiled_elsewhere),
    Function("indexed-repeat", 3, 11, _compiled_elsewhere, paths=(0,), step=2),
)

FUNCTIONS = {
    function.name: function
    for function in (
        *COMPILED_FUNCTIONS,
        *DATE_FUNCTIONS,
        *GEO_FUNCTIONS,
        *NODE_FUNCTIONS,
        *NUMBER_FUNCTIONS,
        *TEXT_FUNCTIONS,
    )
}

# Known to ODK and not here: they need a telephone's properties or a signed source.
REFUSED = frozenset({"property", "extract-signed"})
