"""What a command says on the console."""

import sys

__all__ = ["print_line"]


def print_line(text: str) -> None:
    """Say something at once, also to whoever reads it through a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
