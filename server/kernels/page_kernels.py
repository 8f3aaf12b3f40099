"""The kernels behind the pages: one per open page, for one person, gone when the page is gone.

A kernel is an idle one, or forked, or started the ordinary way. It ends when its page says that it closes, when the
person signs out, when nobody has been connected for a while (a browser that was killed says nothing), and when the
server ends.
"""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server import CallContext
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.utils import ApiPath
from tornado.ioloop import PeriodicCallback
from traitlets import Bool, Dict, Float, Integer, List, Unicode, default

from guanai.server.kernels.file_watch import FileWatch, program_folders
from guanai.server.kernels.fork_protocol import KERNEL_OPTIONS
from guanai.server.kernels.fork_servers import CAN_FORK, ForkServers
from guanai.server.kernels.idle_kernels import IdleKernels
from guanai.server.kernels.kernel_client import activity_recorder
from guanai.server.kernels.kernel_environment import kernel_environment
from guanai.server.kernels.page_limits import OpenPage, PageQueue, SeatLimit, pages_that_fit, pages_to_sleep
from guanai.server.kernels.usage_log import Usage, UsageLog
from guanai.server.vault.vault_process import VaultProcess

__all__ = ["PageKernels", "SingleKernelSpec"]

# A kernel that is busy with nobody connected may be of a slow page that is being opened, or in a cell that never ends.
BUSY_FACTOR = 5
# What was typed just before a page closes is still on its way to the kernel, which then saves it as a draft: seconds.
LAST_MESSAGE_DELAY, LAST_MESSAGE_TIMEOUT = 0.5, 5.0


class SingleKernelSpec(KernelSpecManager):
    """The one kernel there is: the Python that the server runs on, whatever else is on the machine."""

    @default("kernel_dirs")
    def _no_others(self) -> list[str]:
        return []


class PageKernels(AsyncMappingKernelManager):
    """Gives each page its kernel, remembers for whom, and ends it when nobody needs it."""

    extra_env = Dict(help="Variables that every page's kernel gets.").tag(config=True)
    alone_seconds = Float(30.0, help="How long a kernel lives with no page connected to it.").tag(config=True)
    output = Unicode(help="The file that takes what a kernel writes outside of its page.").tag(config=True)
    sweep_seconds = Float(2.5, help="How often kernels without a page are looked for.").tag(config=True)
    fork = Bool(CAN_FORK, help="Whether kernels are forked from a process that has read the school.").tag(
        config=True
    )
    waiting = Integer(2, help="How many idle kernels wait for a page.").tag(config=True)
    pause_seconds = Float(0.7, help="How long no page has come when another idle kernel is started.").tag(
        config=True
    )
    watched = List(Unicode(), help="Files and folders whose change replaces the fork server.").tag(
        config=True
    )
    usage_log_seconds = Float(60.0, help="How often the log says how many kernels there are.").tag(
        config=True
    )
    max_people = Integer(0, help="How many people may have pages open at once; 0 for any number.").tag(
        config=True
    )
    most_pages_of_person = Integer(
        12,
        help="How many pages one person may have open; 0 for any number. The one used least recently ends.",
    ).tag(config=True)
    most_pages = Integer(
        -1, help="How many pages may be open in all; 0 for any number, -1 for what the memory is enough for."
    ).tag(config=True)
    seat_seconds = Float(8.0, help="How long a seat is reserved for whoever has closed a page.").tag(
        config=True
    )
    retry_seconds = Integer(10, help="How soon the browser of somebody who waits asks again.").tag(
        config=True
    )
    at_once = Integer(
        max(2, os.cpu_count() or 2), help="How many pages are opened at once; others wait in the queue."
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.owners: dict[str, str] = {}
        self.people: dict[str, str] = {}
        if self.most_pages < 0:
            self.most_pages = pages_that_fit(forked=self.fork)
        self.ending: set[str] = set()
        self._sleepy: set[str] = set()
        self._end_tasks: set[asyncio.Task[None]] = set()
        self.still_signed_in: Callable[[str, float], bool] = lambda session, active: True
        #: The process that keeps restricted registers; without one no page has any.
        self.vault: VaultProcess | None = None
        self._alone_since: dict[str, float] = {}
        self._sweeper: PeriodicCallback | None = None
        self._output: IO[bytes] = open(self.output or os.devnull, "ab")  # stays open for restarts
        watch = FileWatch([*program_folders(), *map(Path, self.watched)])
        base = {**kernel_environment(), **self.extra_env}
        self.fork_servers = ForkServers(base, self._output, watch, can_fork=self.fork)
        self.idle = IdleKernels(
            self._start_idle, self.end_soon, self.waiting if self.fork else 0, self.pause_seconds
        )
        self.seats = SeatLimit(self.max_people, self.owners.values, self.seat_seconds)
        self.page_queue = PageQueue(self.at_once)
        self.usage_log = UsageLog(self.usage)

    def open(self) -> None:
        """Get ready for the first page."""
        self.fork_servers.start()
        self.idle.fill(soon=True)
        self._sweeper = PeriodicCallback(self.sweep, self.sweep_seconds * 1000)
        self._sweeper.start()
        self.usage_log.start(self.usage_log_seconds)

    async def start_kernel(  # type: ignore[override]  # the base class calls its own a coroutine in a comment only
        self, *, env: dict[str, str] | None = None, path: str = "", **kwargs: Any
    ) -> str:
        """Return the id of a kernel for the session of the request that is being answered."""
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        environment = {**kernel_environment(env or {}), **self.extra_env}
        environment["GUANAI_LANGUAGE"] = handler.language
        if self.fork_servers.replace_if_changed():
            self.idle.end_all()
        session, address = handler.current_user.session, str(handler.request.remote_ip)
        self._put_to_sleep(handler.current_user.username)
        kernel_id = await self._assign_idle(environment, path, session, address)
        if kernel_id is None:
            kernel_id = await self._start(environment, path, **kwargs)
            if getattr(self.get_kernel(kernel_id).provisioner, "is_forked", False):
                await self._assign(kernel_id, environment, path, session, address)
        self.owners[kernel_id], self.people[kernel_id] = session, handler.current_user.username
        self._alone_since.pop(kernel_id, None)
        self.seats.end_reservation(handler.current_user.session)
        handler.kernel_id = kernel_id
        self.idle.fill()
        return kernel_id

    async def _start(self, environment: dict[str, str], path: str = "", **kwargs: Any) -> str:
        outputs: dict[str, Any] = {"stdout": self._output, "stderr": self._output}
        kernel_id: str = await super().start_kernel(
            env=environment, path=ApiPath(path), extra_arguments=list(KERNEL_OPTIONS), **outputs, **kwargs
        )
        return kernel_id

    async def _start_idle(self) -> str:
        """Start a kernel for nobody yet, in the environment that all have in common."""
        kernel_id = await self._start({**kernel_environment(), **self.extra_env})
        kernel: Any = self.get_kernel(kernel_id)
        if not kernel.provisioner.is_forked:
            await self.end(kernel_id)
            raise OSError("only a forked kernel can be assigned to a page after its start")
        await kernel.prepare()
        return kernel_id

    async def _assign_idle(
        self, environment: dict[str, str], path: str, session: str, address: str
    ) -> str | None:
        """Return a kernel that was idle, now in the environment of a request; None where there is none."""
        while (kernel_id := self.idle.take()) is not None:
            if kernel_id not in self:
                continue
            try:
                await self._assign(kernel_id, environment, path, session, address)
            except OSError:
                self.log.warning("Idle kernel %s had ended.", kernel_id)
                self.end_soon(kernel_id)
            else:
                return kernel_id
        return None

    async def _assign(
        self, kernel_id: str, environment: dict[str, str], path: str, session: str, address: str
    ) -> None:
        """Put a forked kernel into the environment of a request, with its connection to the vault. Raises OSError."""
        kernel: Any = self.get_kernel(kernel_id)
        folder = self.cwd_for_path(path)  # type: ignore[no-untyped-call]
        descriptor = self.vault.open(kernel_id, session, address) if self.vault else None
        try:
            await kernel.assign(environment, folder, descriptor)
        finally:
            if descriptor is not None:
                os.close(descriptor)

    @contextmanager
    def vault_of(self, session: str, address: str) -> Iterator[int | None]:
        """Give the descriptor of a connection to the vault for one task of a session; None where there is no vault."""
        if self.vault is None:
            yield None
            return
        name = f"task {uuid4()}"
        descriptor = self.vault.open(name, session, address)
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)
            self.vault.close_page(name)

    async def watch_vault(self) -> None:
        """Close the vault to who has other roles by now; where it has ended, start it and connect the pages again."""
        if self.vault is None:
            return
        self.vault.close_changed()
        if not await asyncio.to_thread(self.vault.ensure):
            return
        for kernel_id in list(self.owners):
            descriptor = self.vault.reopen(kernel_id) if kernel_id in self else None
            if descriptor is not None:
                task = asyncio.ensure_future(self._reconnect(kernel_id, descriptor))
                self._end_tasks.add(task)
                task.add_done_callback(self._end_tasks.discard)

    async def _reconnect(self, kernel_id: str, descriptor: int) -> None:
        kernel: Any = self.get_kernel(kernel_id)
        try:
            await kernel.provisioner.reconnect(descriptor)
        except (OSError, AttributeError) as error:
            self.log.warning("Kernel %s was not connected to the vault again: %r", kernel_id, error)
        finally:
            os.close(descriptor)

    def start_watching_activity(self, kernel_id: str) -> None:
        """Record what a kernel does, at less cost than jupyter_server's own way."""
        kernel: Any = self.get_kernel(kernel_id)
        kernel.reason = ""
        kernel.last_activity = datetime.now(UTC)
        kernel._activity_stream = kernel.connect_iopub()
        kernel._activity_stream.on_recv(activity_recorder(kernel, self.track_message_type))

    def belongs_to(self, kernel_id: str, session: str) -> bool:
        """Whether a kernel was started in this session: nobody else may talk to it."""
        return self.owners.get(kernel_id) == session

    def state(self, kernel_id: str) -> str:
        """Return what a kernel does: starting, busy, idle or dead."""
        kernel: Any = self.get_kernel(kernel_id) if kernel_id in self else None
        return str(kernel.execution_state) if kernel else "dead"

    def _last_used(self, kernel_id: str) -> float:
        kernel: Any = self.get_kernel(kernel_id)
        return float(kernel.last_activity.timestamp())

    def usage(self) -> Usage:
        """Return how many kernels there are, for how many people, and how many wait."""
        kernels = [self.get_kernel(kernel_id) for kernel_id in self.list_kernel_ids()]
        processes = [getattr(getattr(kernel, "provisioner", None), "pid", None) for kernel in kernels]
        return Usage(
            kernels_with_page=len(self.owners),
            idle_kernels=len(self.idle),
            people=len(set(self.owners.values())),
            waiting_pages=self.page_queue.waiting,
            waiting_people=self.seats.waiting,
            processes=[*filter(None, processes), *self.fork_servers.processes],
        )

    async def end(self, kernel_id: str) -> None:
        """End a kernel. It is no error to end one twice, or one that has gone."""
        self.idle.discard(kernel_id)
        if kernel_id in self and kernel_id not in self.ending:
            self.ending.add(kernel_id)
            try:
                await self.shutdown_kernel(kernel_id)  # type: ignore[no-untyped-call]
            except KeyError:
                self.log.info("Kernel %s had ended already.", kernel_id)
            finally:
                self.ending.discard(kernel_id)
                owner = self.owners.pop(kernel_id, None)
                self.people.pop(kernel_id, None)
                self._sleepy.discard(kernel_id)
                if owner is not None:
                    self.seats.hold(owner)
                self._alone_since.pop(kernel_id, None)
                if self.vault is not None:
                    self.vault.close_page(kernel_id)

    async def end_after_last_message(self, kernel_id: str) -> None:
        """End a kernel whose page has closed, once it has dealt with what the page sent last."""
        deadline = time.monotonic() + LAST_MESSAGE_TIMEOUT
        await asyncio.sleep(LAST_MESSAGE_DELAY)
        while self.state(kernel_id) == "busy" and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        await self.end(kernel_id)

    def _put_to_sleep(self, person: str) -> None:
        """End the kernels of pages for which there is no room beside the next one; the page says so when it is looked at.

        What was typed there is kept as a draft, as when the page is closed.
        """
        pages = [
            OpenPage(
                kernel_id,
                owner,
                self.state(kernel_id) == "busy",
                self._last_used(kernel_id),
            )
            for kernel_id, owner in self.people.items()
            if kernel_id in self and kernel_id not in self.ending and kernel_id not in self._sleepy
        ]
        for kernel_id in pages_to_sleep(pages, person, self.most_pages_of_person, self.most_pages):
            self.log.info("Ending kernel %s: no room beside more pages.", kernel_id)
            self._sleepy.add(kernel_id)
            self._do_soon(self.end_after_last_message(kernel_id))

    def end_soon(self, kernel_id: str) -> None:
        """End a kernel without waiting for its end."""
        self._do_soon(self.end(kernel_id))

    def _do_soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._end_tasks.add(task)
        task.add_done_callback(self._end_tasks.discard)

    async def end_session(self, session: str) -> None:
        """End every kernel of a session: what was open in its pages is closed to whoever comes next."""
        await asyncio.gather(
            *(self.end(kernel) for kernel, owner in list(self.owners.items()) if owner == session)
        )
        self.seats.release(session)

    async def shutdown_all(self, now: bool = False) -> None:  # type: ignore[override]  # as in jupyter_server
        """End every kernel, and then the fork servers."""
        self.idle.close()
        for error in await asyncio.gather(*map(self.end, self.list_kernel_ids()), return_exceptions=True):
            if isinstance(error, BaseException):
                self.log.warning("A kernel did not end as it should: %r", error)
        self.fork_servers.close()
        if self.vault is not None:
            self.vault.close()

    async def sweep(self) -> None:
        """End the kernels that no page is connected to any more, and those whose session has ended.

        One that is nobody's and not idle either was being made for a page whose request broke off.
        """
        await self.watch_vault()
        for kernel_id in [kernel_id for kernel_id in self.owners if kernel_id not in self]:
            self.owners.pop(kernel_id)
            self.people.pop(kernel_id, None)
            self._alone_since.pop(kernel_id, None)
        ends = []
        for kernel_id in self.list_kernel_ids():
            if kernel_id in self.idle or kernel_id in self.ending:
                continue
            kernel: Any = self.get_kernel(kernel_id)
            session = self.owners.get(kernel_id)
            signed_in = session is None or self.still_signed_in(session, kernel.last_activity.timestamp())
            if not signed_in or self._is_left_alone(kernel_id):
                self.log.info("Ending kernel %s: %s.", kernel_id, "left alone" if signed_in else "signed out")
                ends.append(self.end(kernel_id))
        await asyncio.gather(*ends)

    def _is_left_alone(self, kernel_id: str) -> bool:
        if self._kernel_connections.get(kernel_id, 0) > 0:
            self._alone_since.pop(kernel_id, None)
            return False
        since = self._alone_since.setdefault(kernel_id, time.monotonic())
        factor = BUSY_FACTOR if self.state(kernel_id) == "busy" else 1
        return time.monotonic() - since > self.alone_seconds * factor

    def _handle_kernel_died(self, kernel_id: str) -> None:
        """End what is left of a kernel that has died; a page's widgets could not be brought back."""
        self.log.warning("Kernel %s has died.", kernel_id)
        self.end_soon(kernel_id)
