"""Which of the server's environment variables a page's kernel gets: what Python and the system need, and no secret.

Whoever writes a page may print its environment. A variable that is not named here stays with the server: passwords of
proxies and databases, tokens, where the key of the vault lies.
"""

import os
from collections.abc import Mapping

__all__ = ["kernel_environment"]

_NAMES = {
    # The system: where programs, files of the person and temporary files are; language, time.
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_DATA_DIRS", "FONTCONFIG_FILE", "FONTCONFIG_PATH",
    # Windows.
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "USERNAME", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
    "PROGRAMFILES", "HOMEDRIVE", "HOMEPATH", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
    # Python's packages.
    "VIRTUAL_ENV", "CONDA_PREFIX", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLBACKEND", "MPLCONFIGDIR",
    "PYDEVD_DISABLE_FILE_VALIDATION", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
    # The request, by the names of CGI.
    "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_SOFTWARE", "SERVER_PROTOCOL", "SERVER_NAME", "SERVER_PORT",
}  # fmt: skip
_BEGINNINGS = ("LC_", "PYTHON", "GUANAI_", "HTTP_X_GUANAI_")
_NEVER = {"GUANAI_KEY"}


def kernel_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what of an environment a kernel gets.

    >>> sorted(kernel_environment({"PATH": "/bin", "GUANAI_TODAY": "x", "GUANAI_KEY": "k", "DATABASE_PASSWORD": "p"}))
    ['GUANAI_TODAY', 'PATH']
    """
    return {
        name: value
        for name, value in environment.items()
        if name.upper() not in _NEVER and (name.upper() in _NAMES or name.upper().startswith(_BEGINNINGS))
    }
