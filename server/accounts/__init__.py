"""Who may come in: accounts, passwords, signed-in sessions, the first coordinator's link, and the school that is served.

The pages by which people sign in are in `guanai.server.web`, what a role may do in `guanai.storage`. Begin with
`served_school`, which brings the others together.
"""
