"""The grammar of XPath 1.0: a text becomes tokens, each with its place, and the tokens a tree.

Nothing here knows functions or values.
"""

import re
from dataclasses import dataclass

from guanai.storage.forms.xpath.axes import AXES
from guanai.storage.forms.xpath.trees import (
    Binary,
    Call,
    ExpressionError,
    Filter,
    KindTest,
    Literal,
    NameTest,
    Negation,
    Path,
    Step,
    Tree,
    inner_parts,
)

__all__ = ["parse"]

KINDS = frozenset({"node", "text", "comment", "processing-instruction"})
EVERYTHING_BELOW = Step("descendant-or-self", KindTest("node"))
MOST_DEPTH = 100  # of brackets within brackets; each takes half a dozen steps of Python's stack
BINDING = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("=", "!="), 3),
    **dict.fromkeys(("<", "<=", ">", ">="), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "div", "mod"), 6),
}
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


def tokenize(text: str) -> list[Token]:
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


class Parser:
    """Reads one expression from left to right, binding operators by their strength (a Pratt parser)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def is_sign(self, *signs: str) -> bool:
        return self.next.kind in ("sign", "operator") and self.next.text in signs

    def accept(self, sign: str) -> bool:
        if self.is_sign(sign):
            self.at += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.unexpected(sign)

    def unexpected(self, wanted: str = "") -> ExpressionError:
        token = self.next
        if token.kind == "end":
            return ExpressionError("expression.ends_early", text=self.text, wanted=wanted or "…")
        return ExpressionError("expression.unexpected", text=self.text, word=token.text, place=token.place)

    def whole(self) -> Tree:
        if self.next.kind == "end":
            raise ExpressionError("expression.empty")
        tree = self.expression()
        if self.next.kind != "end":
            raise self.unexpected()
        return tree

    def expression(self, strength: int = 0) -> Tree:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ExpressionError("expression.too_deep")
        left = self.unary()
        while self.next.kind in ("sign", "operator") and BINDING.get(self.next.text, 0) > strength:
            operator = self.take().text
            left = Binary.of(operator, left, self.expression(BINDING[operator]))
        self.depth -= 1
        return left

    def unary(self) -> Tree:
        signs = 0
        while self.accept("-"):
            signs += 1
        if signs:
            operand = Negation(self.unary())
            return operand if signs % 2 else Negation(operand)
        left = self.path()
        while self.accept("|"):
            left = Binary.of("|", left, self.path())
        return left

    def path(self) -> Tree:
        if self.accept("//"):
            return Path(True, None, (EVERYTHING_BELOW, *self.steps()))
        if self.accept("/"):
            return Path(True, None, self.steps() if self.starts_a_step() else ())
        if not self.starts_a_primary():
            return Path(False, None, self.steps())
        start = self.primary()
        predicates = self.predicates()
        if predicates:
            start = Filter(start, predicates)
        if self.accept("//"):
            return Path(False, start, (EVERYTHING_BELOW, *self.steps()))
        return Path(False, start, self.steps()) if self.accept("/") else start

    def starts_a_step(self) -> bool:
        return self.next.kind == "name" or self.is_sign(".", "..", "@")

    def starts_a_primary(self) -> bool:
        following = self.tokens[self.at + 1] if self.next.kind != "end" else self.next
        is_call = self.next.kind == "name" and following.text == "(" and self.next.text not in KINDS
        return self.next.kind in ("number", "text") or self.is_sign("(") or is_call

    def primary(self) -> Tree:
        token = self.take()
        if token.kind == "number":
            return Literal(float(token.text))
        if token.kind == "text":
            return Literal(token.text[1:-1])
        if token.kind == "name":
            return self.call(token.text)
        tree = self.expression()
        self.expect(")")
        return tree

    def call(self, name: str) -> Tree:
        self.expect("(")
        arguments: list[Tree] = []
        if not self.accept(")"):
            arguments.append(self.expression())
            while self.accept(","):
                arguments.append(self.expression())
            self.expect(")")
        return Call(name, tuple(arguments))

    def steps(self) -> tuple[Step, ...]:
        steps = [self.step()]
        while self.is_sign("/", "//"):
            if self.take().text == "//":
                steps.append(EVERYTHING_BELOW)
            steps.append(self.step())
        return tuple(steps)

    def step(self) -> Step:
        # XPath forbids predicates after the short forms; forms in use write ./[…] and browsers take it.
        if self.accept("."):
            return Step("self", KindTest("node"), self.predicates())
        if self.accept(".."):
            return Step("parent", KindTest("node"), self.predicates())
        axis = "attribute" if self.accept("@") else self.axis()
        return Step(axis, self.test(), self.predicates())

    def axis(self) -> str:
        following = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        if self.next.kind != "name" or following.text != "::":
            return "child"
        name = self.take().text
        self.expect("::")
        if name not in AXES:
            raise ExpressionError("expression.axis", text=self.text, name=name, known=" ".join(sorted(AXES)))
        return name

    def test(self) -> NameTest | KindTest:
        if self.next.kind != "name":
            raise self.unexpected()
        name = self.take().text
        if name in KINDS and self.accept("("):
            if self.next.kind == "text":  # processing-instruction('target')
                self.take()
            self.expect(")")
            return KindTest(name)
        if self.is_sign("("):
            raise ExpressionError("expression.call_in_path", text=self.text, name=name)
        prefix, colon, local = name.rpartition(":")
        return NameTest(prefix if colon else None, local)

    def predicates(self) -> tuple[Tree, ...]:
        predicates = []
        while self.accept("["):
            predicates.append(self.expression())
            self.expect("]")
        return tuple(predicates)


def parse(text: str) -> Tree:
    """Return what an expression means, or raise ExpressionError with what is wrong with it."""
    tree = Parser(text).whole()
    level = [tree]
    for _ in range(MOST_DEPTH):  # a + b - c + d … lies as deep as it is long, without a bracket
        level = [part for one in level for part in inner_parts(one)]
        if not level:
            return tree
    raise ExpressionError("expression.too_deep")
