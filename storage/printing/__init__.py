"""Records as sheets of paper: what stands in which cell of an A4 page.

The page that a browser prints is served by `guanai.server.pages.print_page`. Begin with `record_sheet`.
"""
