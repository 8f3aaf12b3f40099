"""The results of a term: figures, head counts, problems and planned visits.

What is due is in `guanai.care.duties`; reports as files are written by `guanai.storage.reports`. Begin with
`term_summary`.
"""
