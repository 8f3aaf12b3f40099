"""How a name sounds: the pinyin of each character, with every reading that it can have in a name.

Characters are looked up one by one: a name is no phrase, and 单, 曾, 查 are read otherwise in names than in words.
"""

from functools import cache

__all__ = ["readings", "sounds"]

# Sounds that many people do not distinguish: retroflex and flat, front and back nasals, n and l, f and h.
_SOUND_ALIKE = (
    ("zh", "z"),
    ("ch", "c"),
    ("sh", "s"),
    ("ang", "an"),
    ("eng", "en"),
    ("ing", "in"),
    ("l", "n"),
    ("hu", "f"),
)


@cache
def readings(character: str) -> tuple[str, ...]:
    """Return how a character can be read, without tones, ü as v; a sign that is no Chinese character is itself.

    >>> readings("曾"), readings("A"), readings("吕")
    (('ceng', 'zeng'), ('a',), ('lv',))
    """
    from pypinyin import Style, pinyin  # its dictionaries take a while, and most pages need none of them

    all_readings = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
    return tuple(dict.fromkeys(reading.lower() for reading in all_readings))


@cache
def sounds(character: str) -> frozenset[str]:
    """Return the readings of a character where sounds that are easily confused are the same.

    >>> sounds("张") == sounds("章"), sounds("莹") == sounds("银"), bool(sounds("李") & sounds("王"))
    (True, True, False)
    """
    return frozenset(map(_sound_of, readings(character)))


def _sound_of(reading: str) -> str:
    for written, heard in _SOUND_ALIKE:
        if reading.startswith(written) and not written.endswith("ng"):
            reading = heard + reading[len(written) :]
        elif written.endswith("ng") and reading.endswith(written):
            reading = reading[: -len(written)] + heard
    return reading
