"""A school that is served, for the tests of one module; a module that needs other settings has a ``server`` of its own."""

import pytest
from support.servers import start


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A school with the pages of `support.servers.PAGES`."""
    with start(tmp_path_factory.mktemp("served") / "school") as served:
        yield served


@pytest.fixture(scope="module")
def probe(server):
    """Somebody who has signed in there."""
    return server.signed_in()
