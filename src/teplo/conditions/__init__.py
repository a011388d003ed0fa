"""The condition language: JSON, text, sentence, SQL.

It owns no table; every app lends it fields through its `vocabulary.py`.
Start at `vocabulary.py`.
"""
