"""What a command says on the console."""

import sys

__all__ = ["tell"]


def tell(text: str) -> None:
    """Say something at once, also to whoever reads it through a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
