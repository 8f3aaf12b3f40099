"""What the server answers besides pages of notebooks: sign-in, navigation, theme files, one's own password.

Pages of notebooks are in `guanai.server.pages`. Begin with `handlers`.
"""
