"""What a page shows when a cell fails: what to do, in words; never a traceback.

An IPython extension that the server loads into each page's kernel (JupyterLab shows tracebacks as
ever, to whoever writes a page). A `GuanaiError` brings its own message; anything else goes to the
school's log under the reference number that the page shows.
"""

import html
import os
from pathlib import Path
from typing import Any

from guanai.care.errors import GuanaiError
from guanai.server.kernels.chart_outputs import offer_charts
from guanai.server.kernels.widget_states import collect_states
from guanai.server.logs import log_fault, log_to
from guanai.templates.wording import say

__all__ = ["FAULT", "load_ipython_extension"]

# The class of the block on the page; what checks a page looks for it.
FAULT = "guanai-fault"


def load_ipython_extension(shell: Any) -> None:
    """Watch every cell of this kernel."""
    folder = os.environ.get("GUANAI_SCHOOL")
    if folder:
        log_to(Path(folder))
    offer_charts(shell)
    collect_states(shell)
    shell.events.register("post_run_cell", show_fault)


def show_fault(result: Any) -> None:
    """Show what went wrong in a cell that has just run, if anything did."""
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return
    from IPython.display import HTML, display  # in the kernel it is there already

    display(HTML(fault_block(error)))  # type: ignore[no-untyped-call]


def fault_block(error: BaseException) -> str:
    """Return the block that says what went wrong and what to do."""
    if isinstance(error, GuanaiError):
        head, text = say("fault.head_known"), error.message()
    else:
        reference = log_fault(error, f"a cell of {os.environ.get('SCRIPT_NAME', 'a page')}")
        head, text = say("fault.head"), say("fault.text", reference=reference)
    return f'<div class="{FAULT}" role="alert"><strong>{html.escape(head)}</strong><p>{html.escape(text)}</p></div>'
