"""Run the vault's process: ``python -m guanai.server.vault FD``."""

from guanai.server.vault.serving import main

if __name__ == "__main__":
    main()
