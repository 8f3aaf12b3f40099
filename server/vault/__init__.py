"""The process that alone opens the vault of a served school: it is told whose each connection is, and checks each request.

Not in here: how the vault is stored (`guanai.storage.vault`), what a role may do (`guanai.care.rights`). Begin with `vault_process`,
the server's side: it starts the process, opens a connection for each page, and closes it; `serving` is what runs in it.
"""
