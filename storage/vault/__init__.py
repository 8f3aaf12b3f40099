"""The records of restricted registers (咨询记录卡, 心理跟踪指导 and what a school marks so), and the trail of who looked at what.

Both lie encrypted in ``vault.db`` beside the records, under a key outside the folder. Not in here: the process that opens
them for the pages of a served school (`guanai.server.vault`), and what a role may do (`guanai.care.rights`). Begin with
`protocol`, which says what can be asked of a vault; `store` is the vault itself, `client` a page's connection to it.
"""
