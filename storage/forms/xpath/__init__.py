"""The expressions of a form: XPath 1.0 with the functions of ODK, compiled once and evaluated often.

Which questions there are is read in `guanai.storage.forms.xlsform`; when an expression is evaluated is decided in
`guanai.storage.forms.session`. Begin with `expressions`, whose first lines say why the
evaluator is our own.
"""
