"""REST for machines: one module per noun, OpenAPI from django-ninja. Events come in by the collector.

An operation parses, checks the token, makes one domain call and answers; it knows no rule of its own.
Start at `endpoints.py`.
"""
