"""How much an expression may do: counted in nodes looked at and texts gone through, never in time.

The author of a form writes expressions, and they run in the process of whoever opens it. A count is the same on every
machine: a form that is refused here is refused everywhere. What the counts amount to, measured with 3,000 items: a unit
takes one to three microseconds, so an expression at most half a second. A filter over 10,000 children has 30,000 units.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from guanai.storage.forms.xpath.trees import ExpressionError

__all__ = ["MOST_CHARACTERS", "MOST_OF_AN_ANSWER", "MOST_OF_AN_EXPRESSION", "Work", "checked_text"]

#: Units of one evaluation, and of all that are made after one answer.
MOST_OF_AN_EXPRESSION, MOST_OF_AN_ANSWER = 200_000, 1_000_000
#: Characters of a text that an expression makes.
MOST_CHARACTERS = 100_000
_CHARACTERS_OF_A_UNIT = 256


class Work:
    """The work of one session: begun anew with each answer, counted while expressions are evaluated."""

    __slots__ = ("_answers", "_done", "_limit")

    def __init__(self) -> None:
        self._done, self._limit, self._answers = 0, MOST_OF_AN_ANSWER, 0

    @contextmanager
    def answer(self) -> Iterator[None]:
        """Count from nought what is evaluated within; within another such block go on counting."""
        if not self._answers:
            self._done = 0
        self._answers += 1
        try:
            yield
        finally:
            self._answers -= 1

    def begin(self, units: int) -> int:
        """Begin an evaluation that takes at least so many units; return what `end` needs. Raises ExpressionError."""
        before = self._limit
        self._limit = min(MOST_OF_AN_ANSWER, self._done + MOST_OF_AN_EXPRESSION, before)
        try:
            self.add(units)
        except ExpressionError:
            self._limit = before
            raise
        return before

    def end(self, before: int) -> None:
        """End the evaluation that `begin` began."""
        self._limit = before

    def add(self, units: int) -> None:
        """Count what is about to be done. Raises ExpressionError where that is more than is left."""
        done = self._done + units
        if done > self._limit:
            self._done = self._limit
            raise ExpressionError("expression.too_much")
        self._done = done

    def add_text(self, length: int) -> None:
        """Count a text that is about to be gone through."""
        if length > _CHARACTERS_OF_A_UNIT:
            self.add(length // _CHARACTERS_OF_A_UNIT)


def checked_text(length: int) -> None:
    """Raise ExpressionError for a text of more characters than an expression may make."""
    if length > MOST_CHARACTERS:
        raise ExpressionError("expression.too_long", most=MOST_CHARACTERS)
