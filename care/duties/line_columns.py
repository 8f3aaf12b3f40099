"""The columns of the lines that a kind of duty gives, and what a line has where a kind does not say."""

import pandas as pd

__all__ = ["no_lines"]


def no_lines() -> pd.DataFrame:
    """Return no lines."""
    texts = {name: pd.Series(dtype=object) for name in ("subject", "period")}
    days = {name: pd.Series(dtype="datetime64[ns]") for name in ("since", "due", "met_at", "closed_on")}
    return pd.DataFrame({**texts, **days, **{name: pd.Series(dtype="int64") for name in ("need", "have")}})
