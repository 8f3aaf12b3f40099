"""Whether an expression can only give a number, so that the column of a calculation can be one of numbers."""

from guanai.storage.forms.xpath.expressions import Expression
from guanai.storage.forms.xpath.syntax import parse
from guanai.storage.forms.xpath.trees import Binary, Call, Literal, Negation, Tree

__all__ = ["is_numeric"]

_ARITHMETIC = frozenset({"+", "-", "*", "div", "mod"})
_NUMBERS = frozenset(
    "abs ceiling count count-non-empty count-selected decimal-date-time decimal-time floor int last max min number "
    "position pow random round sqrt string-length sum".split()
)


def is_numeric(expression: Expression) -> bool:
    """Return whether the result is a number or nothing, whatever the answers.

    >>> from guanai.storage.forms.xpath.expressions import compile_expression
    >>> is_numeric(compile_expression("if(. > 1, sum(/data/age), 0)")), is_numeric(compile_expression("today()"))
    (True, False)
    """
    return _numeric(parse(expression.text))


def _numeric(tree: Tree) -> bool:
    match tree:
        case Literal(value=float()) | Negation():
            return True
        case Literal(value=""):
            return True  # "or nothing": if(…, 3, '')
        case Binary(operator=operator):
            return operator in _ARITHMETIC
        case Call(name="if", arguments=(_, then, otherwise)):
            return _numeric(then) and _numeric(otherwise)
        case Call(name="coalesce", arguments=arguments):
            return all(_numeric(argument) for argument in arguments)
        case Call(name="once", arguments=(argument,)):
            return _numeric(argument)
        case Call(name=name):
            return name in _NUMBERS
        case _:
            return False
