"""Reports over everything, read only: funnel, today, sources.

It may read any table below it and writes none.
Start at `funnel.py`.
"""
