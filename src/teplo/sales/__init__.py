"""Tasks, deals and the hand-off from marketing to sales.

It knows people and what they did; it knows no score table and no journey.
Start at `handing_off.py`.
"""
