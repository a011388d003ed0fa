"""What a journey can do: one file per kind of step, all with the interface of `kind.py`.

A kind reads its settings, acts on a whole group of people at once and says itself as a sentence.
To add one, copy the nearest file and add a line to `known.py`.
"""
