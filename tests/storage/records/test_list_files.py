"""Lists that lie beside a school's forms as files.

Promise: errors say what to do, also of a list that is too large.
"""

import pytest

from guanai.storage import GuanaiError
from guanai.storage.records.list_files import list_rows


def test_a_list_too_large_to_be_read(tmp_path):
    (tmp_path / "villages.csv").write_bytes(b"name\n" + b"x" * (20 * 1024 * 1024 + 1))
    with pytest.raises(GuanaiError) as refused:
        list_rows(tmp_path, "villages")
    assert refused.value.key == "list.too_large"
    assert "villages.csv" in refused.value.message()
