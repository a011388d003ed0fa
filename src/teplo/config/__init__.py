"""Settings, URLs, the ASGI application and wiring.py, the one table of who listens to what.

It may import every package; nothing imports it.
Start at `wiring.py`.
"""
