"""Templates in Liquid and their rendering, forms and magnets.

It knows people; it sends nothing.
Start at `rendering.py`.
"""
