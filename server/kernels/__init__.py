"""The kernel of each page: forked from a process that has read the school, handed to one page, ended with it.

What a page looks like is in `guanai.server.pages`. Begin with `kernels`, then `fork_server` and `forked_kernel`.
"""
