"""openpyxl without numpy: it takes numpy along wherever that is installed, which costs every process 17 MB for nothing.

numpy is here for the learner, which runs in a process of its own.
"""

from __future__ import annotations

import sys

_is_fenced = "numpy" not in sys.modules
if _is_fenced:
    sys.modules["numpy"] = None  # type: ignore[assignment] # “cannot be imported”, which openpyxl is prepared for
try:
    import openpyxl
finally:
    if _is_fenced:
        del sys.modules["numpy"]

Workbook = openpyxl.Workbook
load_workbook = openpyxl.load_workbook
