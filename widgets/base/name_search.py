"""Find a person by a part of the name, by its pinyin or its initials, by class, village or telephone.

A word in Latin letters is looked for in how a name is read: each syllable from its beginning, as far as was typed
(``zs``, ``zhangs``, ``zhsan`` and ``zhangsan`` all find 张三). Any other word is looked for as it stands, but that
full-width signs are half-width ones, 3年级 is 三年级, and the dot in 阿里·买买提 may be left out.
"""

import os
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from threading import Thread
from typing import Any

import pandas as pd

from guanai.care.children.pinyin import readings

__all__ = ["find", "matches", "matching", "natural_key", "sort_by_class", "spelt"]

# A name is read character by character, so the dictionary of phrases, most of pypinyin's loading time, stays out.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

_FIGURES, _CHARACTERS = "123456789", "一二三四五六七八九"
_NUMERALS = str.maketrans(_CHARACTERS, _FIGURES)
_OF_A_GRADE = re.compile(rf"[{_FIGURES}{_CHARACTERS}](?=年级)")
# By these a row is known again that was made ready before; so many are kept, and so few need no preparation.
_READY, _READY_AT_MOST, _FEW = {"id", "revision"}, 60_000, 1000
# By these a person in a row of a row, a guardian, is looked for: read whole it would be most of what is looked into.
_OF_A_PERSON = ("name", "phone")
_LONG = 40  # characters of a text that are read: enough for any name and village
_GAP = re.compile(r"(?<=\d)[ -](?=\d)|[·•・]|(?<=[\u3400-\u9fff])[ \u3000]+(?=[\u3400-\u9fff])")
_TURN = re.compile(r"(?<=[\u3400-\u9fff])(?=[a-z])|(?<=[a-z])(?=[\u3400-\u9fff])")
_UMLAUT = re.compile(r"u\N{COMBINING DIAERESIS}")
_MARKS = re.compile(r"[\u0300-\u036f]")
_TELEPHONE = re.compile(r"[\d+][\d -]{3,}")


def spelt(name: str) -> tuple[str, str]:
    """Return a name's pinyin and its initials: 李小明 is ``lixiaoming`` and ``lxm``.

    A character with several readings counts with its first.
    """
    syllables = [readings(character)[0] for character in name.lower()]
    return "".join(syllables), "".join(syllable[:1] for syllable in syllables)


@lru_cache(maxsize=100_000)
def _read(text: str) -> str:
    """Return how a text is read: its syllables parted by spaces, the readings of one by strokes: ``zeng/ceng yu``."""
    return "" if text.isascii() else " ".join(map(_syllable, text[:_LONG].lower()))


@cache
def _syllable(character: str) -> str:
    found = readings(character)
    # 吕 is typed as lv, but written Lu or Lyu in papers.
    other = [one.replace("v", u) for one in found if one.startswith(("lv", "nv")) for u in ("u", "yu")]
    return "/".join([*found, *other])


@lru_cache(maxsize=1000)
def _heard(word: str) -> re.Pattern[str]:
    """Return what finds a word in how a text is read: from the beginning of a syllable, any of them cut short.

    The sign before is looked at after the first letter: what begins with a letter is searched for much faster.
    """
    onward = r"(?:[a-z]*(?:/[a-z]+)* (?:[a-z]+/)*)?"
    first, *others = map(re.escape, word)
    return re.compile(onward.join([rf"{first}(?<![a-z0-9].)", *others]))


def matches(text: str, name: str) -> bool:
    """Tell whether the text is a part of the name, of its pinyin or of its initials.

    Several words must all match. An empty text matches everything.
    """
    return bool(matching(text, [name]))


def matching(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that the text `matches`, in their order: all of them are looked into at once."""
    some = list(names)
    texts = _Texts([_looked_into([name]) for name in some])
    found = set(range(len(some)))
    for word in _words(text):
        found &= texts.with_word(word)
    return [some[place] for place in sorted(found)]


class _Texts:
    """What is looked into for some records, in small letters, joined: a word is looked for in all of them at once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._read = _Joined(texts)

    @cached_property
    def _heard(self) -> "_Joined":
        return _Joined(["\n".join(map(_read, text.split("\n"))) for text in self._texts])

    def make_ready(self) -> None:
        """Find out how everything is read, which else the first search in Latin letters does."""
        _ = self._heard

    def with_word(self, word: str) -> set[int]:
        """Return the numbers of the records in which a word, in small letters, is."""
        found = self._read.places(re.compile(_OF_A_GRADE.sub(_either, re.escape(word))))
        if word.isascii() and any(sign.isalpha() for sign in word):
            found |= self._heard.places(_heard(word))
        return found


def _either(numeral: re.Match[str]) -> str:
    """Return what finds a numeral however it is written."""
    place = (_FIGURES + _CHARACTERS).index(numeral[0]) % len(_FIGURES)
    return f"[{_FIGURES[place]}{_CHARACTERS[place]}]"


class _Joined:
    """Texts as one, and where each begins."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._text = "\0".join(texts)
        self._ends = list(accumulate(len(text) + 1 for text in texts))

    def places(self, pattern: re.Pattern[str]) -> set[int]:
        """Return the numbers of the texts in which a pattern is found."""
        found: set[int] = set()
        hit = pattern.search(self._text)
        while hit:
            number = bisect_right(self._ends, hit.start())
            found.add(number)
            hit = pattern.search(self._text, self._ends[number])
        return found


def find(frame: pd.DataFrame, text: str | None, *columns: str) -> pd.DataFrame:
    """Return the rows in which one of the columns (all text columns without any) matches the text.

    A column of rows of its own (guardians) is looked into, at names and telephones if it has them. A telephone number is found however it is typed.
    """
    chosen = tuple(column for column in (columns or frame.columns) if column in frame.columns)
    if not text or not text.strip():
        if len(frame) > _FEW and _READY <= set(frame.columns):
            Thread(target=_make_ready, args=(frame, chosen), daemon=True).start()
        return frame
    texts = _texts(frame, chosen)
    found = set(range(len(frame)))
    for word in _words(text):
        found &= texts.with_word(word)
    return frame.iloc[sorted(found)]


_ready: dict[tuple[str, ...], dict[tuple[str, int], str]] = {}
_last: dict[tuple[str, ...], tuple[list[tuple[str, int]], _Texts]] = {}


def _make_ready(frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Make a long list ready while the person reads it, so that the first search is as quick as the others."""
    _texts(frame, columns).make_ready()


def _texts(frame: pd.DataFrame, columns: tuple[str, ...]) -> _Texts:
    """Return what is looked into, from what was made ready before as far as the records have not changed since."""
    if not _READY <= set(frame.columns):
        return _Texts(_of_rows(frame, columns))
    keys = list(zip(frame["id"].tolist(), frame["revision"].tolist(), strict=True))
    if columns in _last and _last[columns][0] == keys:
        return _last[columns][1]
    ready = _ready.setdefault(columns, {})
    missing = [place for place, key in enumerate(keys) if key not in ready]
    if len(ready) + len(missing) > _READY_AT_MOST:
        ready.clear()
        missing = list(range(len(keys)))
    if missing:
        made = _of_rows(frame.iloc[missing], columns)
        ready.update(zip((keys[place] for place in missing), made, strict=True))
    texts = _Texts([ready[key] for key in keys])
    if len(keys) > _FEW:
        _last[columns] = keys, texts
    return texts


def _of_rows(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    cells = zip(*(frame[one].tolist() for one in columns), strict=True)
    return list(map(_looked_into, cells))


def _looked_into(cells: Iterable[Any]) -> str:
    return unicodedata.normalize("NFKC", _joined(cells)).lower()


def _joined(cells: Iterable[Any]) -> str:
    text = "\n".join([text for text in map(_plain, cells) if text])
    closed = _GAP.sub("", text)
    return text if closed == text else f"{text}\n{closed}"


def _words(text: str) -> list[str]:
    """Return the words of a text in small letters, half-width and without tones; a telephone number with gaps is one.

    Characters and letters that stand together are two words: 张s is 张 and s.
    """
    typed = unicodedata.normalize("NFKC", text).lower()
    if not typed.isascii():
        typed = _TURN.sub(" ", _MARKS.sub("", _UMLAUT.sub("v", unicodedata.normalize("NFKD", typed))))
    joined = _TELEPHONE.sub(lambda number: re.sub(r"[ -]", "", number[0]) + " ", typed)
    return joined.removeprefix("+86").split()


def _plain(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list | tuple):
        return _joined(cell)
    if isinstance(cell, dict):
        return _joined([cell[key] for key in _OF_A_PERSON if key in cell] or cell.values())
    return "" if cell is None or cell != cell else str(cell)  # NaN and NaT differ from themselves


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return the key that sorts names of classes as people do: 二年级 before 三年级, 9班 before 10班.

    >>> sorted(["三年级10班", "三年级9班", "二年级1班", ""], key=natural_key)
    ['', '二年级1班', '三年级9班', '三年级10班']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", name.translate(_NUMERALS).replace("十", "10"))
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def sort_by_class(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of their column ``class``, as `natural_key` sorts them; without a class they come first."""
    return frame.sort_values("class", key=_ranks, kind="stable", na_position="first")


def _ranks(classes: "pd.Series[Any]") -> "pd.Series[Any]":
    ranks = {name: rank for rank, name in enumerate(sorted(classes.dropna().unique(), key=natural_key))}
    return classes.map(ranks)
