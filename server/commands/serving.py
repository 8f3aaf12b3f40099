"""Serving a school until told to stop: the console's few lines, the browser, and the log."""

import threading
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets.config import Config

from guanai.server.accounts.served_school import ServedSchool
from guanai.server.addresses import DEFAULT_PORT, is_loopback, shown_host
from guanai.server.commands.console_output import print_line, print_warning
from guanai.server.kernels.fork_servers import CAN_FORK
from guanai.server.logs import log_file, log_to, rotate
from guanai.server.network.certificates import self_made, server_context
from guanai.server.pages.voila_overrides import SchoolServer, school_config
from guanai.server.private_files import make_private
from guanai.server.vault.vault_process import VaultProcess
from guanai.templates.wording import say

__all__ = ["Tls", "serve"]

LOGGERS = ("guanai", "SchoolServer", "tornado", "traitlets", "asyncio")


@dataclass(frozen=True)
class Tls:
    """With which certificate to serve HTTPS: the files of one, or one that this machine makes itself."""

    certificate: Path | None = None
    key: Path | None = None


def serve(
    served: ServedSchool,
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    browser: bool = True,
    base_url: str = "/",
    proxies: Sequence[str] = (),
    tls: Tls | None = None,
    **config: Any,
) -> None:
    """Serve a school until the process is told to stop. Raises GuanaiError when the port is taken.

    ``base_url`` is the path below which all pages lie, for a proxy that has other things on the same host. ``proxies``
    are the addresses of those that are believed when they say from where a request came. Without ``tls`` pages are
    served by plain HTTP.
    ``config`` holds further settings by class, as Jupyter writes them: ``PageKernels={"alone_seconds": 5}``.
    """
    make_private()
    rotate(served.folder)
    base_url = f"/{base_url.strip('/')}/".replace("//", "/")
    settings = school_config(served, host, port, base_url)
    settings.merge(Config(config))
    scheme = "https" if tls else "http"
    fingerprint, context = "", None
    if tls and tls.certificate:
        context = server_context(tls.certificate, tls.key)
    elif tls:
        made = self_made(served.school.folder.internal / "tls", host)
        context, fingerprint = server_context(made.certificate, made.key), made.fingerprint
    announce = announcer(
        served, f"{scheme}://{shown_host(host)}:{port}{base_url}", browser, host, fingerprint
    )

    def started() -> None:
        announce()
        report_vault(served, server.vault)

    server = SchoolServer(
        served,
        started,
        proxies=proxies,
        tls=context,
        self_made=bool(fingerprint),
        config=settings,
    )
    vault = server.vault = begin_vault(served)
    server.initialize([])
    log_to(served.folder, *LOGGERS)
    if vault is not None:
        vault.wait()
        served.trail.send = vault.write_trail
    try:
        server.start()
    finally:
        if vault is not None:
            vault.close()


def begin_vault(served: ServedSchool) -> VaultProcess | None:
    """Start the process that keeps the restricted registers; None where kernels cannot be given a connection to it."""
    if not CAN_FORK:
        return None
    output = log_file(served.folder).open("ab")  # stays open: the process may be started again
    vault = VaultProcess(served.folder, served.identity_of, output)
    vault.begin()
    return vault


def report_vault(served: ServedSchool, vault: VaultProcess | None) -> None:
    """Say where the key lies, and that nobody can do without it; or why the restricted registers are closed."""
    if vault is None:
        print_warning(say("vault.not_here"))
    elif vault.problem is not None:
        print_warning(vault.problem.message())
    elif not served.workshop:
        print_line(say("vault.key_at", path=vault.key_file))


def announcer(
    served: ServedSchool, address: str, browser: bool, host: str, fingerprint: str = ""
) -> Callable[[], None]:
    """Return what to do once the server answers: say where, invite the first coordinator, open the browser.

    ``fingerprint`` is that of a certificate which browsers warn of, because the server has made it itself.
    """

    def announce() -> None:
        print_line(say("serve.ready", school=served.name, address=address))
        invitation = served.invite()
        first = f"{address}first?key={invitation.key}" if invitation else address
        if fingerprint:
            print_line(say("serve.self_made", fingerprint=fingerprint))
        if served.workshop:
            print_line(say("serve.workshop", person=say("account.comma").join(served.workshop)))
        elif invitation:
            print_line(say("serve.first", address=first))
        print_line(
            say("serve.open_to_network" if is_loopback(host) and not served.workshop else "serve.stop")
        )
        if browser:
            threading.Thread(target=webbrowser.open, args=(first,), daemon=True).start()

    return announce
