"""The command `guanai`: each subcommand, and how the server is started.

What a command does to records is in `guanai.storage`. Begin with `cli`.
"""
