"""Children and their helpers: loads, quotas, and proposals of who could be paired with whom.

Nothing is saved here; a proposal that is accepted is written by `guanai.storage.school.pairing_service`. Begin with
`proposals`, then `match_scores` and `min_cost_flow`.
"""
