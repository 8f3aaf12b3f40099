"""How records are called: by name and class, told apart where two are alike, marked when no longer in use.

Requirement: children of one name are told apart, and who has left says so (R1; 7.6).
"""

import pytest

from guanai.storage.records.labels import label_of, labels_of, options_of

LIN = {"id": "1", "name": "林小雨", "class": "三年级1班", "birth_date": "2016-05-04"}


@pytest.mark.parametrize(
    ("documents", "labels"),
    [
        ([LIN], ["林小雨（三年级1班）"]),
        ([LIN, LIN | {"id": "2", "class": "三年级2班"}], ["林小雨（三年级1班）", "林小雨（三年级2班）"]),
        (
            [LIN, LIN | {"id": "2", "birth_date": "2016-09-09"}],
            ["林小雨（三年级1班） [2016-05-04]", "林小雨（三年级1班） [2016-09-09]"],
        ),
        ([LIN, LIN | {"id": "2"}, LIN | {"id": "3", "number": "7"}], None),
        ([{"id": "9", "name": "宋老师"}], ["宋老师"]),
        ([{"id": "9", "date": "2026-09-01"}], ["2026-09-01"]),
    ],
)
def test_labels_tell_records_apart(documents, labels):
    shown = list(labels_of(documents).values())
    assert len(set(shown)) == len(shown)
    assert labels is None or shown == labels
    assert [label_of(document, documents) for document in documents] == shown


@pytest.mark.parametrize("mark", [{"status": "transferred"}, {"status": "graduated"}, {"active": "no"}])
def test_who_is_no_longer_here_comes_last_and_says_so(mark):
    options = options_of([LIN | mark, LIN | {"id": "2", "name": "周小河"}])
    assert [option["id"] for option in options] == ["2", "1"]
    assert options[1]["label"].startswith("林小雨（三年级1班） · ")


def test_in_english():
    assert labels_of([LIN], "en") == {"1": "林小雨 (三年级1班)"}
