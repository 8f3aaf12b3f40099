"""The `guanai` command: what it can do, and one clear line when it cannot.

Exit status 0, or 2 with a line on standard error for each mistake: where, what is wrong, what to do.
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn

from guanai.care.errors import GuanaiError
from guanai.server.commands import (
    exchange_commands,
    report_commands,
    school_commands,
    serve_commands,
    user_commands,
    vault_commands,
)
from guanai.server.logs import log_fault, log_to
from guanai.server.private_files import make_private
from guanai.templates.wording import say

__all__ = ["main", "parser"]

FAILED = 2
FORMATS = ("table", "json", "csv")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Chinese text must not fail on a console that cannot show it
            stream.reconfigure(errors="replace", encoding=None if stream.isatty() else "utf-8")
    options = parser().parse_args(arguments)
    make_private()
    try:
        options.run(options)
    except GuanaiError as error:
        return fail(*map(str, error.each()))
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # whatever it is, the person gets a line and a number, not a traceback
        folder = Path(getattr(options, "folder", "") or tempfile.gettempdir())
        log_file = log_to(folder if folder.is_dir() else Path(tempfile.gettempdir()))
        reference = log_fault(error, f"guanai {options.command}")
        logging.shutdown()
        return fail(say("command.unexpected", reference=reference, file=log_file))
    return 0


def fail(*texts: str) -> int:
    """Say on standard error what is wrong, a line each; return the exit status."""
    for text in dict.fromkeys(texts):
        sys.stderr.write(" ".join(text.split()) + "\n")
    return FAILED


class OneLineParser(argparse.ArgumentParser):
    """A parser that says what is wrong with a command on one line."""

    def error(self, message: str) -> NoReturn:
        """Say it and end."""
        raise SystemExit(fail(say("command.usage", problem=message, command=self.prog)))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = OneLineParser(prog="guanai", description=both("command.guanai"))
    commands = top.add_subparsers(
        dest="command", required=True, metavar="COMMAND", title=both("command.commands")
    )

    def command(name: str, run: object, *, folder: bool = True) -> argparse.ArgumentParser:
        subparser = commands.add_parser(
            name, help=both(f"command.{name}"), description=both(f"command.{name}")
        )
        subparser.set_defaults(run=run)
        if folder:
            subparser.add_argument(
                "folder", metavar="DIR", nargs="?", default=".", type=Path, help=both("option.folder")
            )
        return subparser

    init = command("init", school_commands.init)
    init.add_argument("--policy", metavar="NAME", help=both("option.policy"))
    init.add_argument("--name", default="", help=both("option.name"))

    demo = command("demo", serve_commands.demo)
    demo.set_defaults(folder=None)
    demo.add_argument("--size", choices=("small", "full"), default="full", help=both("option.size"))
    _add_serving(demo)
    demo.add_argument("--make-only", action="store_true", help=both("option.make_only"))
    demo.add_argument("--check", action="store_true", help=both("option.check"))

    _add_serving(command("serve", serve_commands.serve))
    _add_serving(command("lab", serve_commands.lab), host=False)

    eject = command("eject", school_commands.eject)
    eject.add_argument("what", metavar="forms/NAME", help=both("option.what"))
    command("update", school_commands.update)

    due = command("due", report_commands.due)
    due.add_argument("--on", type=day, metavar="DATE", help=both("option.on"))
    due.add_argument("--who", metavar="NAME", default="", help=both("option.who"))
    due.add_argument("--lines", action="store_true", help=both("option.lines"))
    summary = command("summary", report_commands.summary)
    coverage = command("coverage", report_commands.coverage)
    coverage.add_argument("--closing", action="store_true", help=both("option.closing"))
    emergencies = command("emergencies", report_commands.emergencies)
    for subparser in (summary, coverage):
        subparser.add_argument("--term", help=both("option.term"))
    for subparser in (due, emergencies):
        subparser.add_argument("--done", action="store_true", help=both("option.done"))
    for subparser in (due, summary, coverage, emergencies):
        subparser.add_argument("--format", choices=FORMATS, default="table", help=both("option.format"))

    _add_import_export(
        command("import", exchange_commands.import_), command("export", exchange_commands.export)
    )

    form = command("form", school_commands.form_check, folder=False)
    form.add_argument("action", choices=("check",), help=both("option.form_check"))
    form.add_argument("file", metavar="FILE", type=Path, help=both("option.form_file"))

    user = command("user", user_commands.user, folder=False)
    user.add_argument("folder", metavar="DIR", type=Path, help=both("option.folder"))
    user.add_argument("action", choices=tuple(user_commands.USER_ACTIONS), help=both("option.user_action"))
    user.add_argument("name", metavar="NAME", nargs="?", default="", help=both("option.user_name"))
    user.add_argument("--staff", metavar="ID", default="", help=both("option.staff"))
    user.add_argument("--no-staff", action="store_true", help=both("option.no_staff"))
    user.add_argument(
        "--role", metavar="ROLE", nargs="+", action="extend", default=[], help=both("option.role")
    )
    user.add_argument("--password-stdin", action="store_true", help=both("option.password_stdin"))

    audit = command("audit", vault_commands.audit, folder=False)
    audit.add_argument(
        "action", choices=tuple(vault_commands.AUDIT_ACTIONS), help=both("option.audit_action")
    )
    audit.add_argument("folder", metavar="DIR", nargs="?", default=".", type=Path, help=both("option.folder"))
    audit.add_argument("--from", dest="first", metavar="DATE", type=day, help=both("option.first"))
    audit.add_argument("--to", dest="last", metavar="DATE", type=day, help=both("option.last"))
    audit.add_argument("--person", metavar="NAME", default="", help=both("option.person"))
    audit.add_argument("--act", metavar="ACT", default="", help=both("option.act"))

    vault = command("vault", vault_commands.vault, folder=False)
    vault.add_argument("action", choices=("key",), help=both("option.vault_action"))
    vault.add_argument("folder", metavar="DIR", nargs="?", default=".", type=Path, help=both("option.folder"))
    vault.add_argument("--copy-to", metavar="FILE", type=Path, help=both("option.copy_to"))
    return top


def _add_import_export(importing: argparse.ArgumentParser, exporting: argparse.ArgumentParser) -> None:
    for subparser, needed in ((importing, "?"), (exporting, None)):  # undoing an import needs neither
        subparser.add_argument("form", metavar="FORM", nargs=needed, help=both("option.form"))
        subparser.add_argument("file", metavar="FILE", nargs=needed, type=Path, help=both("option.file"))
    importing.add_argument("--whole", action="store_true", help=both("option.whole"))
    importing.add_argument("--dry-run", action="store_true", help=both("option.dry_run"))
    importing.add_argument(
        "--map",
        metavar="HEADING=QUESTION",
        nargs="+",
        action="extend",
        default=[],
        help=both("option.map"),
    )
    importing.add_argument("--sheet", metavar="NAME", default="", help=both("option.sheet"))
    importing.add_argument(
        "--others", metavar="ROW", type=int, nargs="+", default=(), help=both("option.others")
    )
    importing.add_argument("--conflicts", choices=("file", "school"), help=both("option.conflicts"))
    importing.add_argument("--undo", metavar="ID", nargs="?", const="", help=both("option.undo"))
    exporting.add_argument(
        "--format",
        choices=("xlsx", "csv", "jsonl", "tinydb"),
        default="",
        help=both("option.export_format"),
    )
    exporting.add_argument("--without-sensitive", action="store_true", help=both("option.without_sensitive"))


def _add_serving(subparser: argparse.ArgumentParser, *, host: bool = True) -> None:
    subparser.add_argument("--port", type=int, help=both("option.port"))
    subparser.add_argument("--no-browser", action="store_true", help=both("option.no_browser"))
    if host:
        subparser.add_argument(
            "--max-people", metavar="N", type=count, default=0, help=both("option.max_people")
        )
        subparser.add_argument("--host", default="127.0.0.1", help=both("option.host"))
        subparser.add_argument("--base-url", metavar="/PATH/", default="/", help=both("option.base_url"))
        subparser.add_argument(
            "--proxy", metavar="ADDRESS", action="append", default=[], help=both("option.proxy")
        )
        subparser.add_argument("--tls", action="store_true", help=both("option.tls"))
        subparser.add_argument("--cert", metavar="FILE", type=Path, help=both("option.cert"))
        subparser.add_argument("--key", metavar="FILE", type=Path, help=both("option.key"))


def both(key: str) -> str:
    """Return a text in Chinese with the English beside it."""
    return f"{say(key, 'zh')} / {say(key, 'en')}".replace("%", "%%")


def count(text: str) -> int:
    """Read how many: 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(say("command.bad_count", text=text))
    return int(text)


def day(text: str) -> date:
    """Read a day as people and calendars write it: 2026-11-20."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(say("command.bad_day", text=text)) from None
