"""REST for machines: one module per noun, OpenAPI from django-ninja.

An operation parses, checks the token, makes one domain call and answers.
Start at `endpoints.py`.
"""
