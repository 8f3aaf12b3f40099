"""The kernel behind each page: forked from a process that has read the school, given to one page, ended with it.

How a page is made of its cells is in `guanai.server.pages`, who may ask for it in `guanai.server.web`. Begin with
`page_kernels`, which uses everything else here.

The way of one page's kernel, step by step:

1. `page_kernels.PageKernels.open` starts the first `fork_servers.ForkServer` when the server starts.
2. That process runs `fork_server`: it imports what pages need (``NEEDED``), then, while no request comes, reads the
   school and runs each shipped page once (`preload`).
3. `idle_kernels.IdleKernels` asks for a kernel before any page does. `provisioners.ForkedKernel` sends the request to
   the fork server, which forks. The child runs `forked_kernel.become_kernel` and reports its process id, then ready.
   Where nothing can be forked (`fork_servers.CAN_FORK`), jupyter_client starts an ordinary kernel, more slowly.
4. `kernel_client.ServedKernel.prepare` connects a client to the idle kernel and waits until the kernel answers.
5. A request for a page passes `page_limits.SeatLimit` (how many people) and `page_limits.PageQueue` (how many pages at
   once). `PageKernels.start_kernel` takes an idle kernel and assigns it to the page: its environment and folder go
   to it over its own socket (`fork_servers.ForkedProcess.assign`), so the fork server never sees them.
6. `guanai.server.pages.lean_pages` runs the cells. In the kernel, `kernel_extension` shows errors in words and charts
   as specifications, and `widget_states` sends all widgets of a cell in one output.
7. The page's websocket (`guanai.server.pages.page_sockets.PageSocket`) connects to the kernel; the page is live.
8. `PageKernels.end` ends the kernel when its page closes, its person signs out, its websocket has been gone for
   ``alone_seconds`` (`PageKernels.sweep`), or it has died. `usage_log` logs how many kernels there are.
9. Where the program, a form or the workbook has changed (`file_watch`), the fork server is retired: it forks no more
   and ends with the last of its kernels. Idle kernels are ended, and a new fork server takes over.
"""
