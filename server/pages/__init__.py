"""A notebook as a page: from the request to its HTML, with what stands around it, its attachments and its print.

The kernel behind it is in `guanai.server.kernels`. Begin with `pages`, then `lean_pages`.
"""
