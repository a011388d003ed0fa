"""Long and periodic work: rows with leases are the truth, a loop only wakes and executes.

It knows no domain; apps lend it named jobs through `jobs.py`.
Start at `running.py`.
"""
