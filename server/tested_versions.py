"""Which versions of packages are tested whose undocumented parts the server uses, and whether others are installed.

What is used of each: of voila, what `guanai.server.pages.voila_overrides` overrides; of jupyter_server, its websocket
connection there and its kernel manager in `guanai.server.kernels.page_kernels`; of ipykernel, IPython and ipywidgets,
how a kernel is set up (`guanai.server.kernels.forked_kernel`, `guanai.server.kernels.widget_states`); of jupyter_client
and nbclient, how a kernel answers (`guanai.server.kernels.kernel_client`). Read these before raising a bound here and,
with the same text, in pyproject.toml.
"""

from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version

from packaging.specifiers import SpecifierSet

__all__ = ["TESTED", "install_command", "untested_packages", "untested_values"]

#: The tested versions by package, as pyproject.toml has them.
TESTED = {
    "ipykernel": ">=7.4,<7.5",
    "ipython": ">=9.18,<10",
    "ipywidgets": ">=8.1.5,<8.2",
    "jupyter_client": ">=8.10,<8.11",
    "jupyter_server": ">=2.21,<2.22",
    "nbclient": ">=0.11,<0.12",
    "voila": ">=0.5.8,<0.5.14",
}


def untested_packages(installed: Callable[[str], str] = version) -> dict[str, str]:
    """Return the installed version of each package that has not been tested with it."""
    untested = {}
    for package, tested in TESTED.items():
        try:
            installed_version = installed(package)
        except PackageNotFoundError:
            continue
        if not SpecifierSet(tested).contains(installed_version, prereleases=True):
            untested[package] = installed_version
    return untested


def untested_values(untested: Mapping[str, str]) -> dict[str, str]:
    """Return what a message says of them: ``packages`` with their versions, and the ``command`` that mends it."""
    packages = [f"{package} {number} ({TESTED[package]})" for package, number in untested.items()]
    return {"packages": "、".join(packages), "command": install_command(untested)}


def install_command(untested: Mapping[str, str]) -> str:
    """Return the command that installs tested versions of these packages.

    >>> install_command({"voila": "0.6.0"})
    'pip install "voila>=0.5.8,<0.5.14"'
    """
    return "pip install " + " ".join(f'"{package}{TESTED[package]}"' for package in untested)
