"""The `teplo` command: one file per sub-command.

It calls the domain, never the database.
Start at `main.py`.
"""
