"""Inbox to events, activities, score, stage and journeys, as a literal list of named set-based steps.

It may call every domain package; it owns exactly-once and poison isolation.
Start at `steps.py`.
"""
