"""What one person may do: the rows of the sheet 权限 for their roles, added up.

A row gives its roles acts on registers, for the children, classes and staff that its scope reaches. Rows add up: an act is
allowed where any row allows it, and a question is hidden in a record only if every row that lets the person see that very
record hides it. So a row that shows names of the whole school does not take the cover off the dossiers of other classes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = [
    "ACTS",
    "GRANTING",
    "MATTERS",
    "MATTER_SIGN",
    "OTHERS",
    "OWNER_RIGHTS",
    "ROLES",
    "SCOPES",
    "Grant",
    "RightRow",
    "Rights",
]

ACTS = ("see", "add", "change", "delete", "export", "print", "count")
SCOPES = ("own", "class", "grade", "school")  # from narrow to wide
#: Requirements 3: who works with the children of a school, who only counts, and who trains in a sample school.
ROLES = (
    "headmaster", "deputy", "coordinator", "homeroom", "subject", "grade_leader", "life", "helper", "social_carer",
    "counsellor", "file_officer", "librarian", "telephone_keeper", "home_keeper", "logistics", "town", "trainer",
)  # fmt: skip
#: What is no register, but may be done or looked at by some only.
MATTERS = ("accounts", "rights", "forms", "settings", "imports", "duplicates", "proposals", "trail")
#: Questions whose answers give somebody a reach: to change one is a right of its own. With them the register ``pairing``.
GRANTING = ("class.homeroom", "child.class", "staff.role", "staff.teaches", "staff.active")
#: In `RightRow.registers`: every register without a row of its own for the role (其余), and what a matter begins with.
OTHERS, MATTER_SIGN = "*", "@"


@dataclass(frozen=True)
class RightRow:
    """One row of the sheet: these roles may do these acts on these registers, as far as the scope reaches.

    ``registers`` are names, `OTHERS`, a matter behind `MATTER_SIGN`, or one of `GRANTING`. With ``only`` all questions but
    those are hidden, also ones that the form will ask some day. ``told``: they may know that a restricted record exists.
    """

    roles: tuple[str, ...]
    registers: tuple[str, ...]
    acts: tuple[str, ...]
    scope: str
    hidden: frozenset[str] = frozenset()
    masked: frozenset[str] = frozenset()
    told: bool = False
    only: frozenset[str] | None = None


@dataclass(frozen=True)
class Grant:
    """An act on a register at a scope, with the questions that are hidden and masked where this is the only grant."""

    scope: str
    hidden: frozenset[str] = frozenset()
    masked: frozenset[str] = frozenset()
    only: frozenset[str] | None = None

    @property
    def whole(self) -> bool:
        """Whether it shows every question as it is."""
        return not self.hidden and not self.masked and self.only is None

    def hides(self, question: str) -> bool:
        """Whether a question is hidden."""
        return question in self.hidden or (self.only is not None and question not in self.only)

    def covers(self, other: "Grant") -> bool:
        """Whether the other grant adds nothing to this one."""
        wider = SCOPES.index(self.scope) >= SCOPES.index(other.scope)
        shows = self.only is None or (other.only is not None and other.only <= self.only)
        return wider and shows and self.hidden <= other.hidden and self.masked <= other.masked


@dataclass(frozen=True)
class OtherRegisters:
    """Acts of a role on every register but some: those that it has a row for, and the restricted ones."""

    acts: tuple[str, ...]
    without: frozenset[str]
    grant: Grant

    def include(self, act: str, register: str) -> bool:
        """Whether an act on a register is among them; a matter and a granting question are no registers."""
        return (
            act in self.acts
            and register not in self.without
            and register[:1] != MATTER_SIGN
            and register not in GRANTING
        )


class Rights:
    """What one person may do, by their roles."""

    def __init__(
        self,
        named: Mapping[tuple[str, str], Sequence[Grant]],
        others: Sequence["OtherRegisters"] = (),
        told: Collection[str] = (),
    ) -> None:
        self._named = {key: _distinct(grants) for key, grants in named.items()}
        self._others = tuple(others)
        self._told = frozenset(told)
        self._cached: dict[tuple[str, str], tuple[Grant, ...]] = {}

    @classmethod
    def of(cls, rows: Sequence[RightRow], roles: Collection[str], restricted: Collection[str]) -> "Rights":
        """Return the rights of somebody who has some roles; 其余 is never one of the ``restricted`` registers."""
        named: dict[tuple[str, str], list[Grant]] = defaultdict(list)
        others: list[OtherRegisters] = []
        told: set[str] = set()
        for role in dict.fromkeys(roles):
            of_role = [row for row in rows if role in row.roles]
            without = frozenset(restricted).union(*(row.registers for row in of_role))
            for row in of_role:
                grant = Grant(row.scope, row.hidden, row.masked, row.only)
                for register in row.registers:
                    if register == OTHERS:
                        others.append(OtherRegisters(row.acts, without, grant))
                        continue
                    for act in row.acts:
                        named[act, register].append(grant)
                    if row.told:
                        told.add(register)
        return cls(named, others, told)

    def grants(self, act: str, register: str) -> tuple[Grant, ...]:
        """Return what allows an act on a register, of which none is covered by another; none: it is not allowed."""
        key = (act, register)
        if key not in self._cached:
            others = [each.grant for each in self._others if each.include(act, register)]
            self._cached[key] = _distinct([*self._named.get(key, ()), *others])
        return self._cached[key]

    def scope(self, act: str, register: str) -> str | None:
        """Return the widest scope of an act on a register, None where it is not allowed at all."""
        scopes = [SCOPES.index(grant.scope) for grant in self.grants(act, register)]
        return SCOPES[max(scopes)] if scopes else None

    def hidden(self, register: str) -> frozenset[str]:
        """Return the questions that are hidden in every record of a register: never built and never sent."""
        return self.hidden_for("see", register)

    def hidden_for(self, act: str, register: str) -> frozenset[str]:
        """Return the questions that are hidden in every record of a register on which an act is allowed."""
        return _in_all([grant.hidden for grant in self.grants(act, register)])

    def masked(self, register: str) -> frozenset[str]:
        """Return the questions that are masked in every record of a register that the person may see."""
        grants = self.grants("see", register)
        shown = [grant.masked | grant.hidden for grant in grants]
        return _in_all(shown) - self.hidden(register)

    def told(self, register: str) -> bool:
        """Whether the person may know that a record of a restricted register exists."""
        return register in self._told or self.scope("see", register) is not None

    def may(self, matter: str, act: str = "change") -> bool:
        """Whether the person may do something (or, with ``see``, look at it): one of `MATTERS` or `GRANTING`."""
        return self.matter_scope(matter, act) is not None

    def matter_scope(self, matter: str, act: str = "change") -> str | None:
        """Return the widest scope at which somebody may do something; whoever may do it may look at it too."""
        name = matter if matter in GRANTING else MATTER_SIGN + matter
        acts = ("see", "change") if act == "see" else (act,)
        scopes = [SCOPES.index(scope) for one in acts if (scope := self.scope(one, name))]
        return SCOPES[max(scopes)] if scopes else None

    def is_whole(self, act: str, register: str) -> bool:
        """Whether the act is allowed on every record of a register, with every question as it is."""
        return any(grant.scope == "school" and grant.whole for grant in self.grants(act, register))


class _OwnerRights(Rights):
    """Everything: of who works in the school's folder itself."""

    def grants(self, act: str, register: str) -> tuple[Grant, ...]:
        """Return one grant, of everything."""
        return (Grant("school"),)


def _distinct(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Return grants without those that another one covers."""
    kept: list[Grant] = []
    for grant in dict.fromkeys(grants):
        if not any(other.covers(grant) for other in kept):
            kept = [other for other in kept if not grant.covers(other)] + [grant]
    return tuple(kept)


def _in_all(sets: Sequence[frozenset[str]]) -> frozenset[str]:
    return frozenset.intersection(*sets) if sets else frozenset()


#: The rights of who works in the school's folder itself: the command line, JupyterLab.
OWNER_RIGHTS: Rights = _OwnerRights({})
