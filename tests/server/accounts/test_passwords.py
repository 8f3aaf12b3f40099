"""Which new passwords are refused, each with what to do, and which are not.

Requirement: Voila has no login of its own, so the server has one (7.11; requirements 3). Source: NIST SP 800-63B, 5.1.1.2.
"""

import csv

import pytest

from guanai.care.errors import GuanaiError
from guanai.server.accounts.accounts import Accounts
from guanai.server.accounts.passwords import SHORTEST, hash_password, is_right, validate_password
from guanai.templates import template
from guanai.templates.wording import catalogue

REFUSED = [
    ("1234567", "password.length"), ("短密码", "password.length"), ("x" * 129, "password.length"), ("", "password.length"),
    ("        ", "password.spaces"), ("　" * 9, "password.spaces"),
    ("woaini1314", "password.common"), ("WoAiNi1314", "password.common"), ("5201314a", "password.common"), ("qq123456", "password.common"),
    ("a1b2c3d4", "password.common"), ("12345678", "password.common"), ("password", "password.common"), ("PassWord", "password.common"), ("11111111", "password.common"),
    ("ｐａｓｓｗｏｒｄ", "password.common"), ("pass word", "password.common"), ("admin888", "password.common"), ("xiaoxue2026", "password.common"),
    ("123456laoshi", "password.common"), ("monkeymonkey", "password.common"), ("iloveyou520", "password.common"),
    ("qwertyui", "password.pattern"), ("asdfghjk", "password.pattern"), ("1qaz2wsx", "password.common"), ("9876543210", "password.pattern"), ("abcdefgh", "password.pattern"),
    ("qwer4321", "password.pattern"), ("aaaabbbb", "password.pattern"), ("abababab", "password.pattern"), ("青山青山青山青山", "password.pattern"), ("zxcv7890", "password.pattern"),
    ("19851203", "password.pattern"), ("20260901", "password.pattern"), ("03121985", "password.pattern"), ("13812345679", "password.pattern"),
    ("522222198512030017", "password.pattern"), ("52222219851203001X", "password.pattern"),
    ("王敏王敏王敏王敏", "password.is_name"), ("wangmin1", "password.is_name"), ("WangMin2026", "password.is_name"), ("wm19851203", "password.is_name"),
    ("星光小学2026", "password.is_name"), ("xingguangxiaoxue", "password.is_name"), ("guanai-2026", "password.is_name"), ("关爱关爱关爱88", "password.is_name"),
    ("王敏@星光小学1", "password.is_name"),
]  # fmt: skip
ALLOWED = [
    "青山常在-2026", "雨伞西红柿星期二", "correct horse battery", "王敏家的猫爱吃鱼", "kz7!qp2w", "48302917", "x" * 3 + "青山绿水长流",
    "    青 山 绿 水    ", "Ｌａｎｇｓａｍ-Ｅｓｅｌ", "q" + "wz7" * 3 + "雨", "a" * 3 + "雨伞西红柿",
]  # fmt: skip


@pytest.mark.parametrize(("password", "key"), REFUSED)
def test_a_password_that_is_easily_guessed_is_refused(password, key):
    with pytest.raises(GuanaiError) as refused:
        validate_password(password, "王敏", "星光小学")
    assert refused.value.key == key


@pytest.mark.parametrize("password", [*ALLOWED, "".join(chr(0x4E00 + 7 * number) for number in range(128))])
def test_any_other_is_taken_whatever_it_is_made_of(password):
    assert validate_password(password, "王敏", "星光小学") == password


def test_each_refusal_says_what_to_do_in_both_languages():
    for key in ("length", "spaces", "is_name", "common", "pattern"):
        texts = catalogue()[f"password.{key}"]
        assert any(word in texts["zh"] for word in ("请换一个", "请用几个不相干的词")), key
        assert any(word in texts["en"] for word in ("choose another", "Join a few words")), key


def test_the_list_is_of_some_thousand_passwords():
    with template("common_passwords.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    words, affixes, wholes = (
        {row["text"] for row in rows if row["kind"] == kind} for kind in ("word", "affix", "whole")
    )
    made = {word + affix for word in words for affix in affixes} | wholes
    assert len([text for text in made if len(text) >= SHORTEST]) > 10_000
    assert all(text == text.casefold() and " " not in text for text in words | affixes | wholes)


def test_an_account_of_the_school_may_not_be_opened_by_the_schools_name(school):
    with pytest.raises(GuanaiError) as refused:
        Accounts(school).add("王敏", f"{school.name}2026")
    assert refused.value.key == "password.is_name"


def test_a_password_from_before_that_was_longer_still_opens():
    long = "青山" * 90
    assert is_right(hash_password(long), long)
