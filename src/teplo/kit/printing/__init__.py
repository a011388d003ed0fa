"""Pages printed as PDF by WeasyPrint, in a process of their own that gives its memory back.

It knows HTML and nothing else; only the child (`python -m teplo.kit.printing`) imports WeasyPrint.
Start at `pages.py`.
"""
