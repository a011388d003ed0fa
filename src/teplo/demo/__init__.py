"""An example company that comes to life: strangers walk through site, forms, letters, calls and deals for months.

It drives the real pipeline, journeys, outbox and sales under a virtual clock, and owns no table.
Start at `living.py`; what a person does is in `behaviour.py`, where its rates come from in `facts.py`.
"""
