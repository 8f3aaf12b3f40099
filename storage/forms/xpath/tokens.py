"""The tokens of XPath 1.0: a text is split into names, numbers, quoted texts and signs, each with its place."""

import re
from dataclasses import dataclass

from guanai.storage.forms.xpath.trees import ExpressionError

__all__ = ["Token", "tokens"]

NAME = r"[^\W\d][\w.\-·]*"
TOKEN = re.compile(
    rf"""\s*(?:
      (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<name>{NAME}(?::(?!:)(?:{NAME}|\*))?)
    | (?P<sign>::|//|\.\.|!=|<=|>=|[()\[\].@,/|+\-=<>*])
    )""",
    re.VERBOSE,
)
OPERATOR_NAMES = frozenset({"and", "or", "div", "mod"})
GLUED_OPERATOR = re.compile(r"(and|or|div|mod)(?=\d)")  # 7div2 and 7 div2, as Enketo reads them
BEFORE_AN_OPERAND = frozenset(
    {"@", "::", "(", "[", ",", "/", "//", "|", "+", "-", "=", "!=", "<", "<=", ">", ">=", "*"}
)
# Typed with a Chinese keyboard, these look right and are not.
FULL_WIDTH = dict(
    zip(
        "（），。．“”‘’［］＝＜＞＋－＊／｜！＄｛｝：；、【】《》",
        "(),..\"\"''[]=<>+-*/|!${}:;,[]<>",
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token of an expression, its kind and its position (from 1)."""

    kind: str
    text: str
    place: int


def tokens(text: str) -> list[Token]:
    """Split an expression into tokens; the last one is of kind ``end``."""
    previous: list[Token] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = TOKEN.match(text, at)
        if match is None:
            raise _misread(text, at)
        token = _token(match, previous)
        previous.append(token)
        at = token.place - 1 + len(token.text)
    previous.append(Token("end", "", len(text) + 1))
    return previous


def _token(match: re.Match[str], previous: list[Token]) -> Token:
    kind = str(match.lastgroup)
    text, place = match[kind], match.start(kind) + 1
    if _ends_an_operand(previous):
        glued = GLUED_OPERATOR.match(text) if kind == "name" else None
        if glued or text == "*" or text in OPERATOR_NAMES:
            return Token("operator", glued[0] if glued else text, place)
    return Token("name" if text == "*" else kind, text, place)


def _ends_an_operand(previous: list[Token]) -> bool:
    """XPath 1.0 section 3.7: what can only be an operator here is one, otherwise it is a name."""
    return bool(previous) and previous[-1].kind != "operator" and previous[-1].text not in BEFORE_AN_OPERAND


def _misread(text: str, at: int) -> ExpressionError:
    character = text[at:].lstrip()[0]
    place = text.index(character, at) + 1
    if character in FULL_WIDTH:
        return ExpressionError(
            "expression.full_width", text=text, character=character, better=FULL_WIDTH[character], place=place
        )
    if character in "\"'":
        return ExpressionError("expression.quote", text=text, place=place)
    return ExpressionError("expression.character", text=text, character=character, place=place)
