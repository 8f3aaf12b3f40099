"""``python -m guanai.server`` is the `guanai` command."""

import sys

from guanai.server.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
