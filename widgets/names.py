"""Find a person by a part of the name, by its pinyin or by its initials."""

import re
from functools import lru_cache

import pandas as pd

__all__ = ["find", "in_order", "matches", "spelt"]

_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")


@lru_cache(maxsize=20_000)
def spelt(name: str) -> tuple[str, str]:
    """Return a name's pinyin and its initials: 李小明 is ``lixiaoming`` and ``lxm``.

    A character with several readings counts with its first.
    """
    # 0.4 s of dictionaries, and only a person who types Latin letters needs them.
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(name)).lower(), "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()


def matches(text: str, name: str) -> bool:
    """Tell whether the text is a part of the name, of its pinyin or of its initials.

    Several words must all match. An empty text matches everything.
    """
    for word in text.lower().split():
        if word in name.lower():
            continue
        if not word.isascii() or not any(word in form for form in spelt(name)):
            return False
    return True


def find(frame: pd.DataFrame, text: str | None, *columns: str) -> pd.DataFrame:
    """Return the rows in which one of the columns (all text columns without any) matches the text."""
    if not text or not text.strip():
        return frame
    chosen = [column for column in (columns or frame.columns) if column in frame.columns]
    found = [any(matches(text, str(cell)) for cell in row) for row in frame[chosen].itertuples(index=False)]
    return frame.loc[found]


def in_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return the key that sorts names of classes as people do: 二年级 before 三年级, 9班 before 10班.

    >>> sorted(["三年级10班", "三年级9班", "二年级1班", ""], key=in_order)
    ['', '二年级1班', '三年级9班', '三年级10班']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", name.translate(_NUMERALS).replace("十", "10"))
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)
