"""A chart of Altair as a cell's last value goes to the page as its specification, which the page draws itself.

What Altair would send by itself loads its scripts from another host. A renderer that an author has chosen is left
as it is. The page's part is templates/theme/js/vega.js.
"""

from typing import Any

__all__ = ["offer_charts"]

API = ("altair.vegalite.v5.api", "altair.vegalite.v6.api")
NOT_CHOSEN = {"", "default", "html"}


def offer_charts(shell: Any) -> None:
    """Let this kernel show charts; Altair itself is not imported for it."""
    formatter = shell.display_formatter.mimebundle_formatter
    for module in API:
        formatter.for_type_by_name(module, "TopLevelMixin", chart_output)


def chart_output(chart: Any) -> Any:
    """Return a chart's outputs by kind, and what is to be known of them."""
    import altair

    if altair.renderers.active not in NOT_CHOSEN:
        return chart._repr_mimebundle_()
    spec = chart.to_dict()
    version = spec.get("$schema", "").partition("/vega-lite/v")[2].partition(".")[0] or "6"
    return {f"application/vnd.vegalite.v{version}+json": spec, "text/plain": "altair.Chart"}, {}
