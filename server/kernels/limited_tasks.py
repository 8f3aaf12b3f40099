"""Tasks that the server leaves to a process of its own, limited in time and memory, in the name of whoever asks."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from guanai.server.kernels.fork_servers import ForkServers
from guanai.server.kernels.kernel_environment import kernel_environment

__all__ = ["LimitedTasks", "TaskError"]

# How many tasks run at once: with two, pages still have a core of a small machine to themselves now and then.
AT_ONCE = 2
# Seconds by the clock until a task's answer: the processor time that it may use, waits for the disk and for others.
ANSWER_TIMEOUT, START_TIMEOUT = 40.0, 90.0


class TaskError(Exception):
    """A task that has no answer: the HTTP status, and the text that says why; without a text it was over its limits."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text or "over the limits of a task")
        self.status, self.text = status, text


class LimitedTasks:
    """Runs tasks (`guanai.server.kernels.limited_process.TASKS`) in processes that are forked, or started."""

    def __init__(self, fork_servers: ForkServers, extra_env: Mapping[str, str]) -> None:
        self._fork_servers = fork_servers
        self._extra_env = dict(extra_env)
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(
        self,
        name: str,
        request: Mapping[str, Any],
        identity: Mapping[str, str],
        language: str,
        vault: int | None = None,
    ) -> Any:
        """Return what a task gives for a request, done as whoever the ``identity`` (environment variables) names.

        ``vault`` is the descriptor of that person's connection to the vault, which the caller closes. Raises TaskError.
        """
        environment = {**self._extra_env, **identity, "GUANAI_LANGUAGE": language}
        message = {"env": environment, "request": dict(request)}
        async with self._slots:
            content = await self._forked(name, message, vault)
            if content is None:
                content = await self._started(name, message)
        try:
            result = json.loads(content)
        except ValueError:  # ended in the middle of it, or before
            raise TaskError(413) from None
        if error := result.get("error"):
            raise TaskError(error["status"], error["text"])
        return result["value"]

    async def _forked(self, name: str, message: Mapping[str, Any], vault: int | None) -> bytes | None:
        """Return the answer of a forked process, None where none can be forked."""
        process = await self._fork_servers.fork_task(name, json.dumps(message).encode(), vault)
        if process is None:
            return None
        try:
            return await process.answer(ANSWER_TIMEOUT)
        except OSError:  # TimeoutError too
            return b""
        finally:
            process.kill()
            process.close()

    async def _started(self, name: str, message: Mapping[str, Any]) -> bytes:
        """Return the answer of a process that is started for it, which takes a few seconds more."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "guanai.server.kernels.limited_process", name,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={**kernel_environment(), **message["env"]},
        )  # fmt: skip
        try:
            async with asyncio.timeout(START_TIMEOUT):
                content, _ = await process.communicate(json.dumps(message).encode())
        except TimeoutError:
            return b""
        finally:
            with suppress(ProcessLookupError):
                process.kill()
        return content
