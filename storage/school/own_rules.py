"""A school's own rules: the functions in ``rules/*.py`` of its folder, each a kind of duty that a row of 职责 names in 种类.

``def name(duty, facts)`` returns a frame of lines (`guanai.care.duties`). The files run as a notebook of the school does, with
the rights of whoever runs guanai; no page writes there, and a file that lies outside the school's folder is not read.
A mistake is told with file and line. A name in a file with a mistake stands for a rule that says so when it is asked,
so that the page and every other duty go on.
"""

import ast
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from guanai.care.errors import OwnRuleError
from guanai.care.policy.conditions import lookup_name
from guanai.storage.files.school_folder import SchoolFolder

__all__ = ["OwnRules", "load_own_rules"]

Rule = Callable[..., Any]
DEFINED = re.compile(r"^def\s+(\w+)\s*\(", re.MULTILINE)


class OwnRules(NamedTuple):
    """The rules by name, and what is wrong with their files."""

    kinds: Mapping[str, Rule] = {}
    problems: tuple[OwnRuleError, ...] = ()


class BrokenRule:
    """A rule that cannot be used: to ask it raises what is wrong with it."""

    def __init__(self, problem: OwnRuleError) -> None:
        self.problem = problem

    def __call__(self, *_: object) -> Any:
        raise self.problem


def load_own_rules(folder: SchoolFolder) -> OwnRules:
    """Return the rules of a school's own, in the order of the names of their files; nothing is raised."""
    kinds: dict[str, Rule] = {}
    homes: dict[str, str] = {}
    problems: list[OwnRuleError] = []
    for path in folder.rule_files:
        file = f"{folder.rules.name}/{path.name}"
        rules, problem = _read(folder, path, file)
        found = [problem] if problem else []
        for name, rule in rules.items():
            wrong = problem or _problem_of(name, rule, file, homes)
            if wrong and wrong not in found:
                found.append(wrong)
            # Of two rules of a name neither is used: nobody could say which is meant.
            kinds[name] = BrokenRule(wrong) if wrong else rule
            homes.setdefault(name, file)
        problems += found
    return OwnRules(kinds, tuple(problems))


def _problem_of(name: str, rule: Rule, file: str, homes: Mapping[str, str]) -> OwnRuleError | None:
    """Return what is wrong with one function, None if it can be used."""
    line = rule.__code__.co_firstlineno if isinstance(rule, FunctionType) else None
    if lookup_name("duty.kind", name):
        return OwnRuleError("own_rule.taken", file=file, row=line, name=name)
    if name in homes:
        return OwnRuleError("own_rule.twice", file=file, row=line, name=name, other=homes[name])
    try:
        inspect.signature(rule).bind("duty", "facts")
    except TypeError:
        return OwnRuleError("own_rule.signature", file=file, row=line, name=name)
    return None


def _read(folder: SchoolFolder, path: Path, file: str) -> tuple[dict[str, Rule], OwnRuleError | None]:
    """Return the public functions that a file defines, and what is wrong with it as a whole."""
    if not path.resolve().is_relative_to(folder.path.resolve()):
        return {}, OwnRuleError("own_rule.outside", file=file)
    source = b""
    try:
        source = path.read_bytes()
        # `dont_inherit`: the file is read as Python reads any, whatever this module imports from the future.
        code = compile(source, file, "exec", dont_inherit=True)
        return dict(_functions(_run(code, path.stem))), None
    except OSError as error:
        problem = OwnRuleError("own_rule.unreadable", file=file, problem=error.strerror or error)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        problem = OwnRuleError("own_rule.syntax", file=file, row=line, problem=getattr(error, "msg", error))
    except (Exception, SystemExit) as error:  # whatever it is, the other rules and the page go on
        told = f"{type(error).__name__}: {error}"
        problem = OwnRuleError("own_rule.failed_to_load", file=file, row=_line_of(error, file), problem=told)
    broken = BrokenRule(problem)
    return dict.fromkeys(_names_in(source), broken), problem


def _run(code: Any, stem: str) -> ModuleType:
    module = ModuleType(f"guanai_own_rules.{stem}")
    sys.modules[module.__name__] = module  # a dataclass looks its own module up
    exec(code, module.__dict__)  # noqa: S102 - the school's own file, as its notebooks are
    return module


def _functions(module: ModuleType) -> Iterator[tuple[str, Rule]]:
    """Yield the functions that are defined in a module and not imported there, those with an underscore left out."""
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__ and name[0] != "_":
            yield name, value


def _names_in(source: bytes) -> list[str]:
    """Return the names of the functions that a file would define, as far as it can be read."""
    try:
        names = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    except (SyntaxError, ValueError):
        names = DEFINED.findall(source.decode(errors="replace"))
    return [name for name in names if name[0] != "_"]


def _line_of(error: BaseException, file: str) -> int | None:
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)
