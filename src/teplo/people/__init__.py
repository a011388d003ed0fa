"""Person, company, identity, attributes, consent, merging, importing, segments.

It knows conditions but no score, stage or letter.
Start at `models.py`.
"""
