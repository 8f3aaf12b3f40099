"""An IPython extension that the server loads into each page's kernel: errors in words, and charts that the page draws.

Where a cell fails, the page says what to do, and never shows a traceback (JupyterLab shows them as ever, to whoever
writes a page). A `GuanaiError` brings its own message; anything else goes to the school's log under the reference number
that the page shows.

A chart of Altair as a cell's last value goes to the page as its specification, which the page draws itself
(templates/theme/js/vega.js): what Altair would send by itself loads its scripts from another host. A renderer that an
author has chosen is left as it is.
"""

import html
import logging
import os
from pathlib import Path
from typing import Any

from guanai.care.errors import GuanaiError
from guanai.server.kernels.school_cache import sign_in_from_headers
from guanai.server.kernels.widget_messages import guard_messages
from guanai.server.kernels.widget_states import collect_states
from guanai.server.logs import log_fault, log_to
from guanai.templates.wording import say

__all__ = ["FAULT", "load_ipython_extension"]

#: The CSS class of the block that says what went wrong; whoever checks a page looks for it.
FAULT = "guanai-fault"
ALTAIR_MODULES = ("altair.vegalite.v5.api", "altair.vegalite.v6.api")
# The names of Altair's renderer where no author has chosen one.
DEFAULT_RENDERERS = {"", "default", "html"}


def load_ipython_extension(shell: Any) -> None:
    """Set up this kernel: whose page it is, its log, its charts, its widgets and what is shown when a cell fails."""
    sign_in_from_headers()
    folder = os.environ.get("GUANAI_SCHOOL")
    if folder:
        log_to(Path(folder))
        # What a library logs or warns of would go to the page as an output, with the machine's paths and tracebacks.
        log_to(Path(folder), "", level=logging.WARNING)
        logging.captureWarnings(True)
    formatter = shell.display_formatter.mimebundle_formatter
    for module in ALTAIR_MODULES:
        formatter.for_type_by_name(module, "TopLevelMixin", chart_output)  # does not import Altair
    collect_states(shell)
    guard_messages(shell)
    shell.events.register("post_run_cell", show_fault)


def show_fault(result: Any) -> None:
    """Show what went wrong in a cell that has just run, if anything did."""
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return
    from IPython.display import (  # any kernel has imported it; the server, which reads `FAULT`, has not
        HTML,
        display,
    )

    display(HTML(fault_block(error)))  # type: ignore[no-untyped-call]


def fault_block(error: BaseException) -> str:
    """Return the block that says what went wrong and what to do."""
    if isinstance(error, GuanaiError):
        head, text = say("fault.head_known"), error.message()
    else:
        reference = log_fault(error, f"a cell of {os.environ.get('SCRIPT_NAME', 'a page')}")
        head, text = say("fault.head"), say("fault.text", reference=reference)
    return f'<div class="{FAULT}" role="alert"><strong>{html.escape(head)}</strong><p>{html.escape(text)}</p></div>'


def chart_output(chart: Any) -> Any:
    """Return a chart's outputs by media type, and their metadata."""
    import altair  # only a kernel whose page shows a chart imports it: half a second

    if altair.renderers.active not in DEFAULT_RENDERERS:
        return chart._repr_mimebundle_()
    spec = chart.to_dict()
    version = spec.get("$schema", "").partition("/vega-lite/v")[2].partition(".")[0] or "6"
    return {f"application/vnd.vegalite.v{version}+json": spec, "text/plain": "altair.Chart"}, {}
