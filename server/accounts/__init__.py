"""Who may come in: accounts, passwords, invitations, signed-in sessions, and the school as the server holds it.

The pages for it are in `guanai.server.web`. Begin with `accounts`.
"""
