"""The collector, the inbox, events, activities with their tallies, sources of acquisition.

It knows people; it decides nothing about them.
Start at `collector.py`.
"""
