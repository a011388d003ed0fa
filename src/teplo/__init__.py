"""Teplo turns strangers into loyal customers.

Each package is one room of the house; `docs/architecture.md` has the plan.
Imports point down only: config | cli → web → api → … → kit.
"""

__version__ = "0.1.0"
