"""Users, roles, access, tokens, the workspace's own settings, notices to users.

It knows nothing of people outside the company.
Start at `access.py`.
"""
