"""The outbox and sending: claims, limits, reasons for silence; one folder per channel.

It knows people and their consent; what a letter says comes from a renderer that wiring lends.
Start at `sending.py`.
"""
