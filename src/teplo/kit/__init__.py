"""Small tools that know nothing of people or marketing: clock, ids, claims, bulk writes, HTTP, secrets.

Every other package may use it; it may use none of them.
Start at `clock.py` and `ids.py`.
"""
