"""Screens: one module and one template folder per noun, static files, the base page.

A view parses, checks access, makes one domain call and answers.
Start at `urls.py`.
"""
