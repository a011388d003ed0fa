"""How a file is to be read, and why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _


class FileRefused(Exception):
    """This file cannot be imported."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        texts = {
            "empty": _("The file is empty."),
            "binary": _("This is not a table: the file holds binary data. Save it as CSV or XLSX."),
            "archive": _("This is an archive. Unpack it and choose the table inside."),
            "pdf": _("This is a PDF. Export the table as CSV or XLSX."),
            "json": _("This is JSON. Send it through the API, or save it as CSV."),
            "page": _(
                "This is a web page without a table. The download may have failed: sign in there and export anew."
            ),
            "sheet": _("The spreadsheet cannot be opened: it is damaged or protected by a password."),
            "no-rows": _("The file has a header but no rows."),
            "no-sheet": _("There is no sheet “%(sheet)s” in the file."),
            "too-large": _("The file is larger than %(limit)s MB."),
            "gone": _("The file is no longer there. Upload it again."),
            "bomb": _("The spreadsheet unpacks to more than is sensible. Save it as CSV."),
        }
        return texts[self.code] % self.params


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is to be read. `header_row` counts rows from 0; -1: there is none."""

    format: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    skip_lines: int = 0
    is_wrapped: bool = False
    header_row: int = 0

    def as_json(self) -> dict[str, Any]:
        """As stored with the run."""
        return {**asdict(self), "sheets": list(self.sheets)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Shape:
        """The stored shape."""
        known = {name: data[name] for name in cls.__slots__ if name in data}
        return cls(**{**known, "sheets": tuple(data.get("sheets", ()))})
