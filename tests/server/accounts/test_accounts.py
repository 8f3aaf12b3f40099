"""Accounts as rows: names, roles, one-time links, who changed what (requirements 3, 7.11; ASVS 2.3, 2.5)."""

import pytest

from guanai.care.errors import ConflictError, GuanaiError
from guanai.care.rights.rights import ROLES
from guanai.server.accounts import accounts as accounts_module
from guanai.server.accounts.account_links import link_fingerprint
from guanai.server.accounts.accounts import ACCOUNT_TABLE, SAMPLE_MARK, Accounts
from guanai.server.accounts.passwords import is_right
from guanai.server.accounts.roles import read_roles, roles_of_staff
from guanai.server.accounts.served_school import ServedSchool
from guanai.templates.wording import LANGUAGES, catalogue

PASSWORD = "青山常在-2026"


@pytest.fixture
def accounts(school):
    return Accounts(school)


class TestNames:
    @pytest.mark.parametrize("name", ["guanai", "Guanai", "ＧＵＡＮＡＩ", "gu anai", "guana1", "guаnai"])
    def test_the_programs_own_name_is_nobodys(self, accounts, name):
        with pytest.raises(GuanaiError) as refused:
            accounts.add(name, PASSWORD)
        assert refused.value.key == "account.reserved"

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("Li Na", "LI NA"),
            ("Li Na", "Lina"),
            ("li1", "lil"),
            ("Anna", "Аnna"),
            ("张伟", "张 伟"),
            ("José", "Jose"),
        ],
    )
    def test_a_name_that_looks_like_another_is_refused(self, accounts, first, second):
        accounts.add_without_password(first)
        with pytest.raises(GuanaiError) as refused:
            accounts.add_without_password(second)
        assert refused.value.key == "account.like"

    def test_names_that_people_tell_apart_are_taken(self, accounts):
        for name in ("张伟", "张伟2", "张炜", "李娜", "Li Na"):
            accounts.add_without_password(name)
        assert len(accounts) == 5

    def test_a_zero_width_letter_makes_no_other_person(self, accounts):
        with pytest.raises(GuanaiError):
            accounts.add_without_password("张\u200b伟")

    def test_the_name_of_who_has_left_stays_theirs(self, accounts):
        accounts.add_without_password("张伟")
        accounts.change("张伟", "left", left=accounts_module.now())
        with pytest.raises(GuanaiError) as refused:
            accounts.add_without_password("张伟")
        assert refused.value.key == "account.taken"


class TestRoles:
    @pytest.mark.parametrize("role", ROLES)
    def test_every_role_has_a_word_by_which_it_can_be_written(self, role):
        for language in LANGUAGES:
            assert read_roles(catalogue()[f"right.role.{role}"][language]) == (role,)

    def test_a_word_that_is_no_role_is_named_with_those_that_are(self):
        with pytest.raises(GuanaiError) as refused:
            read_roles("班主任、班煮任")
        assert "班煮任" in refused.value.message("zh")
        assert "班主任" in refused.value.message("zh")
        assert refused.value.key == "account.no_role"

    def test_an_old_role_is_read_as_one(self, school, accounts):
        school.table(ACCOUNT_TABLE).insert(old_row("陈老师", role="coordinator"))
        assert accounts.get("陈老师").roles == ("coordinator",)

    def test_accounts_from_before_get_the_roles_of_their_post_once(self, school):
        saved = [
            school.save("staff", {"name": name, "role": post, "active": "yes"})
            for name, post in (("陈老师", "homeroom"), ("李老师", "coordinator"))
        ]
        table = school.table(ACCOUNT_TABLE)
        table.insert(old_row("陈老师", staff=saved[0]["id"]))
        table.insert(old_row("李老师", role="homeroom", staff=saved[1]["id"]))
        table.insert(old_row("赵老师"))
        upgraded = ServedSchool(school).accounts
        assert {account.name: account.roles for account in upgraded} == {
            "陈老师": ("homeroom", "helper"), "李老师": ("homeroom",), "赵老师": (),
        }  # fmt: skip
        assert [change.account for change in upgraded.changes() if change.act == "upgraded"] == [
            "赵老师",
            "李老师",
            "陈老师",
        ]
        # From now on no record of the register of staff gives a role.
        school.save("staff", {**saved[0], "role": "coordinator"})
        assert ServedSchool(school).accounts.get("陈老师").roles == ("homeroom", "helper")

    def test_a_post_gives_its_role_and_everybody_is_a_helper(self):
        assert roles_of_staff("counsellor") == ("helper", "counsellor")
        assert roles_of_staff("") == ("helper",)

    def test_nobody_is_a_trainer_where_children_are_real(self, school, accounts):
        with pytest.raises(GuanaiError) as refused:
            accounts.add_without_password("陈老师", roles=("trainer",))
        assert refused.value.key == "account.trainer"
        accounts.add_without_password("陈老师")
        with pytest.raises(GuanaiError):
            accounts.change("陈老师", "roles", roles=("trainer",))
        (school.folder.internal / SAMPLE_MARK).touch()
        accounts.change("陈老师", "roles", roles=("trainer",))


class TestLinks:
    def test_a_link_gives_its_account_a_password_once(self, accounts):
        accounts.add_without_password("陈老师")
        key = accounts.make_link("陈老师")
        assert accounts.of_link(key.lower().replace("-", " ")).name == "陈老师"
        accounts.use_link(key, PASSWORD)
        assert is_right(accounts.get("陈老师").password, PASSWORD)
        with pytest.raises(GuanaiError) as refused:
            accounts.use_link(key, "另一个 密码 2")
        assert refused.value.key == "account.link_over"
        assert is_right(accounts.get("陈老师").password, PASSWORD)

    def test_the_key_itself_is_stored_nowhere(self, school, accounts):
        accounts.add_without_password("陈老师")
        key = accounts.make_link("陈老师")
        school.table(ACCOUNT_TABLE)  # what was written is in the file by now
        files = [school.folder.records, *school.folder.path.glob("records.db-*")]
        stored = b"".join(file.read_bytes() for file in files if file.exists())
        assert key.encode() not in stored
        assert key.replace("-", "").encode() not in stored
        assert link_fingerprint(key).encode() in stored

    @pytest.mark.parametrize("act", ["over", "locked", "left", "newer", "wrong", "empty", "none"])
    def test_a_link_that_cannot_be_used_any_more(self, accounts, act):
        accounts.add_without_password("陈老师")
        key = accounts.make_link("陈老师")
        if act == "over":
            accounts.change("陈老师", "link", link_until="2020-01-01T00:00:00+00:00")
        elif act == "newer":
            accounts.make_link("陈老师")
        elif act in ("locked", "left"):
            accounts.change("陈老师", act, **{act: accounts_module.now()})
        typed = {"wrong": "AAAA-AAAA-AAAA", "empty": "", "none": "x"}.get(act, key)
        assert accounts.of_link(typed) is None
        with pytest.raises(GuanaiError) as refused:
            accounts.use_link(typed, PASSWORD)
        assert refused.value.key == "account.link_over"

    def test_a_poor_password_leaves_the_link_as_it_is(self, accounts):
        accounts.add_without_password("陈老师")
        key = accounts.make_link("陈老师")
        with pytest.raises(GuanaiError, match="8"):
            accounts.use_link(key, "kurz")
        assert accounts.of_link(key)

    def test_a_new_link_takes_the_old_password_away(self, accounts):
        accounts.add("陈老师", PASSWORD)
        accounts.make_link("陈老师")
        assert not is_right(accounts.get("陈老师").password, PASSWORD)


class TestChanges:
    def test_who_changed_what_is_noted_without_a_secret(self, accounts):
        accounts.add("陈老师", PASSWORD, roles=("helper",), by="李娜")
        accounts.change("陈老师", "roles", roles=("homeroom",), by="李娜")
        accounts.make_link("陈老师", by="王校长")
        accounts.remove("陈老师")
        noted = accounts.changes("陈老师")
        assert [(change.by, change.act) for change in noted] == [
            ("guanai", "removed"), ("王校长", "link"), ("李娜", "roles"), ("李娜", "added"),
        ]  # fmt: skip
        assert (noted[2].before["roles"], noted[2].after["roles"]) == (["helper"], ["homeroom"])
        assert "argon2" not in str(noted)
        assert not {"password", "link"} & {
            name for change in noted for name in (*change.before, *change.after)
        }

    def test_two_who_change_an_account_at_once_do_not_overwrite_each_other(self, accounts):
        seen = accounts.add_without_password("陈老师")
        accounts.change("陈老师", "roles", roles=("homeroom",), by="李娜", revision=seen.revision)
        with pytest.raises(ConflictError) as refused:
            accounts.change("陈老师", "roles", roles=("helper",), by="王校长", revision=seen.revision)
        assert refused.value.key == "account.conflict"
        assert "李娜" in refused.value.message("zh")
        assert accounts.get("陈老师").roles == ("homeroom",)

    def test_one_person_of_the_staff_has_one_account(self, accounts):
        accounts.add_without_password("陈老师", staff="s1")
        with pytest.raises(GuanaiError) as refused:
            accounts.add_without_password("陈老师2", staff="s1")
        assert refused.value.key == "account.staff_taken"
        assert len(accounts) == 1

    def test_a_school_whose_only_account_is_closed_gets_a_first_link_again(self, school, accounts):
        accounts.add("陈老师", PASSWORD)
        assert ServedSchool(school).invite() is None
        accounts.change("陈老师", "locked", locked=accounts_module.now())
        assert ServedSchool(school).invite() is not None


def old_row(name, **values):
    """Return a row as version 0.1.0 wrote it."""
    row = {"name": name, "password": "", "role": "", "staff": "", "created_at": "2026-09-01T00:00:00+00:00"}
    return {**row, "valid_since": "2026-09-01T00:00:00+00:00", **values}
