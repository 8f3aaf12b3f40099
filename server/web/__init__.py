"""What the server answers besides pages of notebooks: sign-in, navigation, theme files, one's own password.

Pages of notebooks are in `guanai.server.pages`, accounts and sessions in `guanai.server.accounts`. Begin with `handlers`,
the base of every page, then `sign_in`.
"""
