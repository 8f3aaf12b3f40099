"""The command `guanai`: each subcommand, how the server is started, and ``guanai demo --check``.

What a command does to records is in `guanai.storage`, what it serves in `guanai.server.pages`. Begin with `cli`, which
names the function of each subcommand; `serving` starts the server.

A subcommand imports what it needs inside its function: ``guanai --help`` takes 0.1 seconds, with pandas and Voila it
would take 3.5.
"""
