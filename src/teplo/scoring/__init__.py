"""Score tables, the one score statement, explaining it, thresholds and profiles.

It knows people, conditions and tallies.
Start at `statement.py`.
"""
