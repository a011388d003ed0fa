"""The lifecycle: stages, their signs, moves with reasons, pins.

It knows people and conditions.
Start at `moving.py`.
"""
