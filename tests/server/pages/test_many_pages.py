"""Many pages of one person: no more kernels than are allowed, and the page that gave way can tell why it stands still.

Promise: server/README.md, limits: the pages of a person (7.11).
"""

import pytest
from support.servers import NAME, PASSWORD, start, wait_until

from guanai.server.commands.http_probe import HttpProbe

pytestmark = pytest.mark.slow

MOST = 3


def test_with_many_pages_of_one_person_only_the_last_ones_have_a_kernel(tmp_path):
    kernels = f'{{"alone_seconds": 300, "waiting": 0, "most_pages_of_person": {MOST}}}'
    with start(tmp_path / "school", kernels=kernels) as served:
        served.school_accounts().add("另一位", PASSWORD, roles=("helper",))
        other = HttpProbe(served.base)
        other.submit("/login", name="另一位", password=PASSWORD, next="/theme/icon.svg")
        others_page = other.get("/who")
        probe, again = served.signed_in(), served.signed_in()  # in two browsers
        pages = [one.get("/who") for one in (probe, again, probe, again, probe, again, probe)]
        assert all(NAME in page.text for page in pages)
        assert wait_until(lambda: len(served.kernels()) == MOST + 1)
        states = [probe.get(f"/voila/api/kernel/{page.kernel}").status for page in pages]
        assert states == [404] * 4 + [
            200,
            404,
            200,
        ]  # the other browser's pages are not this one's to ask about
        assert other.get(f"/voila/api/kernel/{others_page.kernel}").status == 200
