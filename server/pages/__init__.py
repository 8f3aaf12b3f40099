"""A notebook as a page: from the request to its HTML, with what stands around it, its attachments and its print.

The kernel behind it is in `guanai.server.kernels`, sign-in and the base of all handlers in `guanai.server.web`. Begin with
`page_handlers`, then `lean_pages`; `voila_overrides` lists which handler answers which address.

The way of one request for a page, step by step:

1. `voila_overrides.SchoolServer.init_handlers` sends the address to `page_handlers.SchoolPage.get`.
   `guanai.server.web.sign_in.SchoolIdentity` recognizes the person by the session cookie, sends whoever has not signed in
   to the sign-in page, and puts the person's name into request headers that only the server can set.
2. `SchoolPage.get` takes a seat for the person (`guanai.server.kernels.page_limits.SeatLimit`); where all are taken, the
   browser gets a page that asks again by itself.
3. It sends the head at once: the bar, the emergencies (`emergency_bar`) and the script, so that the browser has
   something to load. Then it waits for a slot in the queue (`guanai.server.kernels.page_limits.PageQueue`).
4. `lean_pages.lean_page` reads the notebook (`notebook_sources`), takes a kernel
   (`guanai.server.kernels.page_kernels.PageKernels.start_kernel`) and gives it the request as environment variables.
5. It runs cell by cell and yields each as HTML (templates/theme/cells.html.j2): text, outputs, and the states of the
   cell's widgets as one script element. `SchoolPage._send` flushes each piece, and a newline while a cell runs long.
6. In the browser, templates/theme/js makes the widgets from those states and opens a websocket
   (`page_sockets.PageSocket`) to the kernel, which greets it: the page is live.
7. When the page closes, the browser posts to `page_handlers.PageClosing`, and its kernel ends.

A notebook that asks for Voila's own page (``"guanai": {"page": "full"}`` in its metadata) gets that instead in step 4,
with the same bar around it (`page_handlers.add_page_context`).
"""
