"""The school as an account sees it that has just typed its password: its name, its roles, its record in the register of staff."""

import math

from guanai.storage.records.records import Identity


def signed_in(school, name, *roles, staff=""):
    """Return the school of somebody who is no owner: what they may do follows from these roles alone."""
    return school.as_identity(Identity(name, staff, roles, confirmed_until=math.inf))
