"""Ready journeys with letters of our own writing in Russian, Ukrainian and English.

One file per journey; `installing` makes a draft of one, with its templates, for a marketer to change.
"""
