"""`python -m teplo.scoring.learning REQUEST.json`: progress on standard output, the answer in the file it names."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

from teplo.scoring.learning.proposing import propose


def main() -> None:
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    options = request["options"]
    warnings.simplefilter("ignore")  # of convergence: what comes of it is tested anyway
    result = propose(Path(request["frame"]), request["sidecar"], options, _tell)
    answer = Path(options["answer"])
    unfinished = answer.with_suffix(".part")
    unfinished.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(answer)


def _tell(done: int, total: int, what: str) -> None:
    sys.stdout.write(json.dumps([done, total, what]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
