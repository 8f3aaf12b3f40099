"""A school as its coordinator sees it, with one child."""

from support.form_designs import child, desk

__all__ = ["child", "desk"]
