"""Why a file cannot be imported, in words."""

from __future__ import annotations

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
            "too-wide": _("There is a value in cell %(place)s: a table may have %(limit)s columns at most."),
            "too-many-rows": _("The file has more than %(limit)s rows. Cut it into several."),
            "memory": _("To read this file more than %(limit)s MB of memory are needed. Save it as CSV."),
            "too-slow": _("Reading this file takes more than %(limit)s seconds of work. Save it as CSV."),
        }
        return texts[self.code] % self.params
