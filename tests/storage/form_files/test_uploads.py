"""Forms that are uploaded; the rest of it is in tests/storage/school/test_form_publishing.py.

Requirement: a changed form still has what the rules read (requirements 1, 7.3, 7.4).
"""

import pytest

from guanai.storage import GuanaiError
from guanai.storage.form_files.uploads import check_required_questions
from guanai.storage.forms import form_of


def test_a_form_that_lacks_what_the_software_reads():
    form = form_of("| survey | type | name | label |\n| | text | grade | 年级 |", "class")
    with pytest.raises(GuanaiError) as refused:
        check_required_questions("class", form, {"class"})
    assert refused.value.key == "designer.needed"
    assert "name" in refused.value.message()
    check_required_questions("class", form, set())
