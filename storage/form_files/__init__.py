"""The files of forms: those that ship, those of the school, their versions, uploads and downloads.

What is inside a form is read in `guanai.storage.forms`. Begin with `form_catalogue`.
"""
