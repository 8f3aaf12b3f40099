"""The command `guanai`: each subcommand, how the server is started, and ``guanai demo --check``.

What a command does to records is in `guanai.storage`, what it serves in `guanai.server.pages`. Begin with `cli`, which
names the function of each subcommand; `serving` starts the server.
"""
