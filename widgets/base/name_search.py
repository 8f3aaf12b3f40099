"""Find a person by a part of the name, by its pinyin or its initials, by class, village or telephone.

A word in Latin letters is searched in the pinyin of a name, and may hold only the beginning of each syllable: ``zs``,
``zhangs``, ``zhsan`` and ``zhangsan`` all find 张三. Any other word is searched as it is written; full-width and
half-width characters are the same, 3年级 is 三年级, and the dot in 阿里·买买提 may be left out.
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

__all__ = ["find", "matches", "matching", "natural_key", "sort_by_class"]

# Names are read character by character. So pypinyin need not load its dictionary of phrases, most of its loading time.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

_DIGITS, _NUMERAL_CHARACTERS = "123456789", "一二三四五六七八九"
_NUMERALS = str.maketrans(_NUMERAL_CHARACTERS, _DIGITS)
_GRADE_NUMERAL = re.compile(rf"[{_DIGITS}{_NUMERAL_CHARACTERS}](?=年级)")
# A row with these columns is cached by them. At most so many rows are cached, and a shorter list is not prepared.
_CACHE_KEY, _MOST_CACHED, _SHORT_LIST = {"id", "revision"}, 60_000, 1000
# The fields of a repeat's row (a guardian) that are searched; all fields would be most of the text to search.
_PERSON_FIELDS = ("name", "phone")
_LONG = 40  # characters of a text that are turned into pinyin: enough for any name and village
_GAP = re.compile(r"(?<=\d)[ -](?=\d)|[·•・]|(?<=[\u3400-\u9fff])[ \u3000]+(?=[\u3400-\u9fff])")
_SCRIPT_CHANGE = re.compile(r"(?<=[\u3400-\u9fff])(?=[a-z])|(?<=[a-z])(?=[\u3400-\u9fff])")
_UMLAUT = re.compile(r"u\N{COMBINING DIAERESIS}")
_MARKS = re.compile(r"[\u0300-\u036f]")
_TELEPHONE = re.compile(r"[\d+][\d -]{3,}")


@lru_cache(maxsize=100_000)
def _reading(text: str) -> str:
    """Return the pinyin of a text: syllables separated by spaces, the readings of one by slashes: ``zeng/ceng yu``."""
    return "" if text.isascii() else " ".join(map(_syllable, text[:_LONG].lower()))


@cache
def _syllable(character: str) -> str:
    pinyin = readings(character)
    # 吕 is typed as lv, but written Lu or Lyu in papers.
    other = [
        syllable.replace("v", u)
        for syllable in pinyin
        if syllable.startswith(("lv", "nv"))
        for u in ("u", "yu")
    ]
    return "/".join([*pinyin, *other])


@lru_cache(maxsize=1000)
def _pattern_of(word: str) -> re.Pattern[str]:
    """Return the pattern that finds a word in the pinyin of a text: from the beginning of a syllable, each cut short or not.

    The character before is checked by a look-behind after the first letter. So the pattern begins with a letter, which
    Python searches faster than a look-behind: ``lxm`` among 10,000 names in 1.0 ms instead of 2.5 ms.
    """
    rest_of_syllable = r"(?:[a-z]*(?:/[a-z]+)* (?:[a-z]+/)*)?"
    first, *others = map(re.escape, word)
    return re.compile(rest_of_syllable.join([rf"{first}(?<![a-z0-9].)", *others]))


def matches(text: str, name: str) -> bool:
    """Return whether the text is a part of the name, of its pinyin or of its initials.

    Several words must all match. An empty text matches everything.
    """
    return bool(matching(text, [name]))


def matching(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that the text `matches`, in their order; one search goes through all of them."""
    candidates = list(names)
    texts = _SearchTexts([_search_text([name]) for name in candidates])
    rows = set(range(len(candidates)))
    for word in _words(text):
        rows &= texts.rows_with_word(word)
    return [candidates[row] for row in sorted(rows)]


class _SearchTexts:
    """The texts of some records to search in, in lower case and joined, so that one search goes through all of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._all = texts
        self._written = _JoinedTexts(texts)

    @cached_property
    def _readings(self) -> "_JoinedTexts":
        return _JoinedTexts(["\n".join(map(_reading, text.split("\n"))) for text in self._all])

    def prepare(self) -> None:
        """Work out the pinyin of all texts, which otherwise the first search in Latin letters does."""
        _ = self._readings

    def rows_with_word(self, word: str) -> set[int]:
        """Return the numbers of the records that contain a word in lower case."""
        rows = self._written.rows_with(re.compile(_GRADE_NUMERAL.sub(_either_numeral, re.escape(word))))
        if word.isascii() and any(sign.isalpha() for sign in word):
            rows |= self._readings.rows_with(_pattern_of(word))
        return rows


def _either_numeral(numeral: re.Match[str]) -> str:
    """Return the pattern for a numeral, as a digit or as a character."""
    index = (_DIGITS + _NUMERAL_CHARACTERS).index(numeral[0]) % len(_DIGITS)
    return f"[{_DIGITS[index]}{_NUMERAL_CHARACTERS[index]}]"


class _JoinedTexts:
    """Texts joined to one, with the end of each."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._text = "\0".join(texts)
        self._ends = list(accumulate(len(text) + 1 for text in texts))

    def rows_with(self, pattern: re.Pattern[str]) -> set[int]:
        """Return the numbers of the texts that contain a pattern."""
        rows: set[int] = set()
        hit = pattern.search(self._text)
        while hit:
            number = bisect_right(self._ends, hit.start())
            rows.add(number)
            hit = pattern.search(self._text, self._ends[number])
        return rows


def find(frame: pd.DataFrame, text: str | None, *columns: str) -> pd.DataFrame:
    """Return the rows in which one of the columns (all text columns without any) matches the text.

    Of the rows in a column (guardians) names and telephones are searched. A telephone number is found however it is typed.
    """
    chosen = tuple(column for column in (columns or frame.columns) if column in frame.columns)
    if not text or not text.strip():
        if len(frame) > _SHORT_LIST and _CACHE_KEY <= set(frame.columns):
            Thread(target=_prepare, args=(frame, chosen), daemon=True).start()
        return frame
    texts = _search_texts(frame, chosen)
    rows = set(range(len(frame)))
    for word in _words(text):
        rows &= texts.rows_with_word(word)
    return frame.iloc[sorted(rows)]


_cached_texts: dict[tuple[str, ...], dict[tuple[str, int], str]] = {}
_last_search: dict[tuple[str, ...], tuple[list[tuple[str, int]], _SearchTexts]] = {}


def _prepare(frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Prepare a long list while the person reads it, so that the first search is as quick as the others."""
    _search_texts(frame, columns).prepare()


def _search_texts(frame: pd.DataFrame, columns: tuple[str, ...]) -> _SearchTexts:
    """Return the texts to search in; those of records that have not changed come from the cache."""
    if not _CACHE_KEY <= set(frame.columns):
        return _SearchTexts(_texts_of_rows(frame, columns))
    keys = list(zip(frame["id"].tolist(), frame["revision"].tolist(), strict=True))
    if columns in _last_search and _last_search[columns][0] == keys:
        return _last_search[columns][1]
    cached = _cached_texts.setdefault(columns, {})
    missing = [row for row, key in enumerate(keys) if key not in cached]
    if len(cached) + len(missing) > _MOST_CACHED:
        cached.clear()
        missing = list(range(len(keys)))
    if missing:
        new = _texts_of_rows(frame.iloc[missing], columns)
        cached.update(zip((keys[row] for row in missing), new, strict=True))
    texts = _SearchTexts([cached[key] for key in keys])
    if len(keys) > _SHORT_LIST:
        _last_search[columns] = keys, texts
    return texts


def _texts_of_rows(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    cells = zip(*(frame[column].tolist() for column in columns), strict=True)
    return list(map(_search_text, cells))


def _search_text(cells: Iterable[Any]) -> str:
    return unicodedata.normalize("NFKC", _joined_text(cells)).lower()


def _joined_text(cells: Iterable[Any]) -> str:
    text = "\n".join([text for text in map(_cell_text, cells) if text])
    closed = _GAP.sub("", text)
    return text if closed == text else f"{text}\n{closed}"


def _words(text: str) -> list[str]:
    """Return the words of a text in lower case, half-width and without tones; a telephone number with gaps is one word.

    Characters and letters next to each other are two words: 张s is 张 and s.
    """
    typed = unicodedata.normalize("NFKC", text).lower()
    if not typed.isascii():
        typed = _SCRIPT_CHANGE.sub(
            " ", _MARKS.sub("", _UMLAUT.sub("v", unicodedata.normalize("NFKD", typed)))
        )
    joined = _TELEPHONE.sub(lambda number: re.sub(r"[ -]", "", number[0]) + " ", typed)
    return joined.removeprefix("+86").split()


def _cell_text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list | tuple):
        return _joined_text(cell)
    if isinstance(cell, dict):
        return _joined_text([cell[key] for key in _PERSON_FIELDS if key in cell] or cell.values())
    return "" if cell is None or cell != cell else str(cell)  # NaN and NaT differ from themselves


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return the key that sorts names of classes as people do: 二年级 before 三年级, 9班 before 10班.

    >>> sorted(["三年级10班", "三年级9班", "二年级1班", ""], key=natural_key)
    ['', '二年级1班', '三年级9班', '三年级10班']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", name.translate(_NUMERALS).replace("十", "10"))
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def sort_by_class(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of their column ``class``, as `natural_key` sorts them; rows without a class come first."""
    return frame.sort_values("class", key=_ranks, kind="stable", na_position="first")


def _ranks(classes: "pd.Series[Any]") -> "pd.Series[Any]":
    ranks = {name: rank for rank, name in enumerate(sorted(classes.dropna().unique(), key=natural_key))}
    return classes.map(ranks)
