"""What has become of a line: the statuses, in the order in which a list shows them.

* ``standing`` (补办): its day is past, and it can still be made good.
* ``to_do`` (待办): its period or limit is still open, the days of grace included.
* ``postponed`` (已推迟): put off to a later day by a decision.
* ``excused`` (免办): by a decision nobody has to do it.
* ``missed`` (错过): its period is over and cannot be made good; counted for ever, but nothing that is to be done.
* ``late`` (迟办): made good after its limit.
* ``done`` (已办): in time.
"""

__all__ = ["OPEN_STATUSES", "STATUSES"]

STATUSES = ("standing", "to_do", "postponed", "excused", "missed", "late", "done")
OPEN_STATUSES = ("standing", "to_do", "postponed")
