"""Which address of the office each page answers."""

from guanai.server.web.account_link import AccountLink
from guanai.server.web.accounts_page import AccountList, NewAccountPage, OneAccount
from guanai.server.web.confirmation import Confirmation
from guanai.server.web.many_accounts import AccountSheet, AccountSlips, StaffAccounts
from guanai.server.web.rights_page import OneRight, RightsHistory, RightsPage

__all__ = ["OFFICE_HANDLERS"]

#: Addresses below the school's path, and their handlers.
OFFICE_HANDLERS = (
    ("accounts", AccountList),
    ("accounts/new", NewAccountPage),
    ("accounts/one", OneAccount),
    ("accounts/staff", StaffAccounts),
    ("accounts/sheet", AccountSheet),
    ("accounts/links", AccountSlips),
    ("rights", RightsPage),
    ("rights/row", OneRight),
    ("rights/history", RightsHistory),
    ("link", AccountLink),
    ("confirm", Confirmation),
)
