"""What serves a school: sign-in, pages of notebooks and their kernels, the command line, and the sample school.

The only room that uses Jupyter's server, and no other room imports it. Records and rules are in `guanai.storage` and
`guanai.care`. Begin with `pages`, which tells the way of one request, then `kernels`; `commands` has the
command line.
Its rooms, lowest first: accounts, kernels, web, pages, sample, commands.
"""
