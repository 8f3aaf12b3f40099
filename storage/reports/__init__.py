"""What people read, sign or hand in: printed sheets of records, tables as workbooks, the term's report in Word.

Records that go out as data and come back are in `guanai.storage.exports`; the page that a browser prints is
`guanai.server.pages.print_page`. Begin with `record_printout` for paper, `term_report` for the report.
"""
