"""What is known of an expression without evaluating it: which answers and lists it reads, whether it gives a number."""

from collections.abc import Iterator

from guanai.storage.forms.xpath.trees import (
    Binary,
    Call,
    ExpressionError,
    Filter,
    Literal,
    NameTest,
    Negation,
    Path,
    Step,
    Tree,
    inner_parts,
)

__all__ = [
    "VOLATILE",
    "grows",
    "instances_of",
    "is_numeric",
    "is_volatile",
    "names_of",
    "parts_of",
    "references_of",
]

VOLATILE = frozenset({"now", "today", "random", "randomize", "uuid"})
ON_THE_CONTEXT = frozenset({"string", "number", "string-length", "normalize-space"})
ANYTHING = "/"
_ARITHMETIC = frozenset({"+", "-", "*", "div", "mod"})
_NUMBERS = frozenset(
    "abs ceiling count count-non-empty count-selected decimal-date-time decimal-time floor int last max min number "
    "position pow random round sqrt string-length sum".split()
)


def parts_of(tree: Tree) -> Iterator[Tree]:
    """Yield a tree and everything in it, predicates too."""
    yield tree
    for part in inner_parts(tree):
        yield from parts_of(part)


def instances_of(tree: Tree) -> frozenset[str]:
    """Return the ids of the secondary instances that an expression names."""
    calls = [
        part for part in parts_of(tree) if isinstance(part, Call) and part.name in ("instance", "pulldata")
    ]
    return frozenset(
        instance_id(str(call.arguments[0].value)) for call in calls if isinstance(call.arguments[0], Literal)
    )


def instance_id(name: str) -> str:
    """Return the id of the instance that ``pulldata`` names by its file: villages.csv is villages."""
    return name.removesuffix(".csv")


def is_volatile(tree: Tree) -> bool:
    """Return whether the same answers can give another value: the clock and chance."""
    return any(isinstance(part, Call) and part.name in VOLATILE for part in parts_of(tree))


def is_numeric(tree: Tree) -> bool:
    """Return whether the result is a number or nothing, whatever the answers.

    So the column of a calculation can be one of numbers.

    >>> from guanai.storage.forms.xpath.syntax import parse
    >>> is_numeric(parse("if(. > 1, sum(/data/age), 0)")), is_numeric(parse("today()"))
    (True, False)
    """
    match tree:
        case Literal(value=float()) | Negation():
            return True
        case Literal(value=""):
            return True  # "or nothing": if(…, 3, '')
        case Binary(operator=operator):
            return operator in _ARITHMETIC
        case Call(name="if", arguments=(_, then, otherwise)):
            return is_numeric(then) and is_numeric(otherwise)
        case Call(name="coalesce", arguments=arguments):
            return all(is_numeric(argument) for argument in arguments)
        case Call(name="once", arguments=(argument,)):
            return is_numeric(argument)
        case Call(name=name):
            return name in _NUMBERS
        case _:
            return False


def grows(tree: Tree, at: str) -> bool:
    """Return whether an expression at a path adds to its own answer, so that it is another each time: ``${n} + 1`` in n.

    What keeps an answer (``if(. = 0, 1, .)``, ``once(…)``) or only changes its look does not.

    >>> from guanai.storage.forms.xpath.syntax import parse
    >>> grows(parse("/data/n + 1"), "/data/n"), grows(parse("if(. = 0, 1, .)"), "/data/n")
    (True, False)
    """
    if isinstance(tree, Binary) and tree.operator in _ARITHMETIC:
        return any(grows(part, at) or _is_own(part, at) for part in tree.operands)
    if isinstance(tree, Negation):
        return grows(tree.operand, at) or _is_own(tree.operand, at)
    if isinstance(tree, Call) and tree.name in ("concat", "join"):
        return any(grows(part, at) or _is_own(part, at) for part in tree.arguments)
    return False


def _is_own(tree: Tree, at: str) -> bool:
    return isinstance(tree, Path) and _resolve(tree, at, at) == at


def references_of(tree: Tree, at: str) -> frozenset[str]:
    """Return the absolute paths that an expression at a path reads."""
    return frozenset(_references(tree, at, at))


def _references(tree: Tree, context: str, current: str) -> Iterator[str]:
    """``context`` is the path that ``.`` means, "" inside a secondary instance."""
    if isinstance(tree, Path):
        yield from _path_references(tree, context, current)
    elif isinstance(tree, Filter):
        yield from _references(tree.start, context, current)
        base = _resolve(tree.start, context, current)
        for predicate in tree.predicates:
            yield from _references(predicate, base, current)
    elif isinstance(tree, Call):
        yield from _call_references(tree, context, current)
    elif isinstance(tree, Binary):
        for operand in tree.operands:
            yield from _references(operand, context, current)
    elif isinstance(tree, Negation):
        yield from _references(tree.operand, context, current)


def _call_references(tree: Call, context: str, current: str) -> Iterator[str]:
    for argument in tree.arguments:
        yield from _references(argument, context, current)
    if tree.name == "current":
        yield current
    elif tree.name in ON_THE_CONTEXT and not tree.arguments and context:
        yield context
    if tree.name == "jr:choice-name" and isinstance(tree.arguments[-1], Literal):
        yield absolute(str(tree.arguments[-1].value), current)


def _path_references(tree: Path, context: str, current: str) -> Iterator[str]:
    is_current = isinstance(tree.start, Call) and tree.start.name == "current"
    if tree.start is not None and not is_current:
        yield from _references(tree.start, context, current)
    here = "" if tree.absolute else context if tree.start is None else _resolve(tree.start, context, current)
    outside = here == "" and not tree.absolute
    for step in tree.steps:
        here = "" if outside else _stepped(here, step)
        for predicate in step.predicates:
            yield from _references(predicate, here, current)
    if not outside:
        yield here or ANYTHING


def _resolve(tree: Tree, context: str, current: str) -> str:
    """Return the path of the nodes an expression gives, "" if they are not answers."""
    if isinstance(tree, Call) and tree.name == "current":
        return current
    if isinstance(tree, Filter):
        return _resolve(tree.start, context, current)
    if not isinstance(tree, Path):
        return ""
    here = "" if tree.absolute else context if tree.start is None else _resolve(tree.start, context, current)
    if here == "" and not tree.absolute:
        return ""
    for step in tree.steps:
        here = _stepped(here, step)
    return here


def _stepped(here: str, step: Step) -> str:
    if here == ANYTHING:
        return ANYTHING
    name = step.test.name if isinstance(step.test, NameTest) else "*"
    if step.axis == "child":
        return f"{here}/{name}"
    if step.axis == "self":
        return here
    if step.axis == "parent":
        return here.rpartition("/")[0] or ANYTHING
    if step.axis == "attribute":
        return f"{here}/@{name}"
    return f"{here}//*" if step.axis.startswith("descendant") else ANYTHING


def names_of(tree: Tree, at: str) -> str:
    """Return the absolute path of names that a path stands for at a place; ExpressionError if it is no plain path."""
    path = _resolve(tree, at, at)
    if not path or "*" in path or path == ANYTHING:
        raise ExpressionError("expression.needs_path", name="indexed-repeat()")
    return path


def absolute(path: str, at: str) -> str:
    """Return the absolute path for one written as text (``'../mode'``) at a place."""
    path = path.strip()
    if path.startswith("/"):
        return path
    here = at.split("/")
    for step in path.removeprefix("current()").strip("/").split("/"):
        if step == "..":
            here.pop()
        elif step not in (".", ""):
            here.append(step)
    return "/".join(here)
