"""Letters over SMTP: building them, handing them over, reading what comes back (R33).

It knows deliveries and senders; it decides nothing about people.
Start at `transport.py`.
"""
