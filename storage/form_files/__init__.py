"""The files in which forms lie: those that ship, those of the school, and their versions.

What is inside a form is read in `guanai.storage.forms`. Begin with `form_catalogue`.
"""
