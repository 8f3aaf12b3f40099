"""What the tests of imports share: a school with one class, and a coordinator, who may import."""

import pytest


@pytest.fixture
def ready(school):
    school.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    return school
