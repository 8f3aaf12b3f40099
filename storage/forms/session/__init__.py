"""One form being filled in: its answers, what is shown, calculated, missing and refused.

There is no screen and no table here; widgets draw a session, `guanai.storage.records` keeps what it gives. Begin with
`form_session`.
"""
