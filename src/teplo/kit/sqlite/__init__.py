"""Django's SQLite backend, in which the writers of a process take turns (`teplo.kit.turns`).

It knows nothing but Django's own backend.
Start at `base.py`.
"""
