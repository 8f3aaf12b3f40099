"""A figure of a summary: what was counted, out of what, and the ids of the records behind each number."""

from collections.abc import Iterable
from dataclasses import dataclass

from guanai.templates.wording import say

__all__ = ["Figure", "count", "rate"]

NEARLY = 1e-9  # 80 of 100 reaches a target of 80 %, however the fractions are stored


@dataclass(frozen=True)
class Figure:
    """A number, or a rate with its denominator written out in ``basis``.

    ``ids`` are the records behind the numerator, ``missing`` those of the denominator that are not in it.
    ``share`` is None where there is nothing to divide by, ``met`` where there is no target or no share; a ``numerator`` is None
    where it is so small that it would point at somebody (`guanai.care.summary.small_counts`).
    """

    key: str
    label: str
    numerator: int | None
    denominator: int | None = None
    share: float | None = None
    target: float | None = None
    met: bool | None = None
    ids: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    basis: str = ""

    def as_record(self) -> dict[str, object]:
        """Return the figure as plain values, for JSON."""
        return {
            "key": self.key, "label": self.label, "numerator": self.numerator, "denominator": self.denominator,
            "share": self.share, "target": self.target, "met": self.met, "basis": self.basis,
        }  # fmt: skip


def count(key: str, ids: Iterable[str], **values: object) -> Figure:
    """Return a figure that is a plain number of records."""
    counted = tuple(ids)
    return Figure(key, say(f"figure.{key}"), len(counted), ids=counted, basis=say(f"basis.{key}", **values))


def rate(
    key: str, ids: Iterable[str], everyone: Iterable[str], target: float | None = None, **values: object
) -> Figure:
    """Return a figure that is a share of everyone: those of everyone who are among ``ids``."""
    wanted, whole = set(ids), tuple(dict.fromkeys(everyone))
    reached = tuple(subject for subject in whole if subject in wanted)
    missing = tuple(subject for subject in whole if subject not in wanted)
    share = len(reached) / len(whole) if whole else None
    met = None if target is None or share is None else share >= target - NEARLY
    label, basis = say(f"figure.{key}"), say(f"basis.{key}", **values)
    return Figure(key, label, len(reached), len(whole), share, target, met, reached, missing, basis)
