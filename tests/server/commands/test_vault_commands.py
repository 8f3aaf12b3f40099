"""`guanai audit` and `guanai vault`: the trail is verified and shown, the key named and copied.

Issue 13, sections 3 and 4: what a lost key means is said; chained, `guanai audit verify|show`.

Promise: a school can show who has seen a child's data.
"""

import pytest

from guanai.server.commands.cli import main
from guanai.storage.vault.keys import key_file
from guanai.storage.vault.process_vault import open_store


@pytest.fixture
def folder(school):
    store = open_store(school.folder.vault)
    store.log.append(
        {"person": person, "roles": ["helper"], "act": act, "form": "child", "record": "c1", "about": "c1"}
        for person, act in (("孙老师", "view"), ("李老师", "export"), ("孙老师", "refused"))
    )
    yield school.folder
    store.close()


def test_a_whole_trail_is_verified(folder, capsys):
    assert main(["audit", "verify", str(folder.path)]) == 0
    assert "3 条" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DELETE FROM trail WHERE number = 2", "缺了第 2 条"),
        ("UPDATE trail SET mark = zeroblob(32) WHERE number = 2", "第 2 条被改过"),
        ("DELETE FROM trail WHERE number = 3", "应到第 3 条"),
    ],
)
def test_a_trail_that_somebody_tampered_with_is_no_success(folder, capsys, sql, said):
    open_store(folder.vault).file.run(sql)
    assert main(["audit", "verify", str(folder.path)]) == 2
    assert said in capsys.readouterr().err


def test_the_trail_is_shown_as_it_was_written_of_one_person_or_act(folder, capsys):
    assert main(["audit", "show", str(folder.path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[1:6] for line in lines] == [
        ["孙老师", "helper", "查看", "child", "c1"],
        ["李老师", "helper", "导出", "child", "c1"],
        ["孙老师", "helper", "被拒绝", "child", "c1"],
    ]
    main(["audit", "show", str(folder.path), "--person", "孙老师", "--act", "view", "--from", "2026-01-01"])
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_the_key_is_named_and_copied(folder, capsys, tmp_path):
    assert main(["vault", "key", str(folder.path)]) == 0
    key = key_file(open_store(folder.vault).file.school)
    said = capsys.readouterr().out
    assert str(key) in said
    assert "丢了" in said
    assert main(["vault", "key", str(folder.path), "--copy-to", str(tmp_path / "copy.key")]) == 0
    assert (tmp_path / "copy.key").read_text() == key.read_text()


def test_a_folder_that_is_no_school_is_refused_and_nothing_made_in_it(tmp_path, capsys):
    assert main(["audit", "verify", str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []
