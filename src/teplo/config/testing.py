"""Settings of the tests: a home of their own, and SQLite unless TEST_DATABASE_URL names a server."""

import os
import tempfile

os.environ["TEPLO_HOME"] = tempfile.mkdtemp(prefix="teplo-test-")
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
os.environ["TEPLO_SECRET"] = "tests-only"  # noqa: S105

from teplo.config.settings import *  # noqa: E402, F403

DEBUG = False
# Threads of a live server would keep connections open and a database in use cannot be dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
if DATABASES["default"]["ENGINE"].endswith("sqlite"):  # noqa: F405
    # In memory all threads of a live server would share one connection, and two threads in one connection wait for each
    # other for ever: one holds SQLite and wants Python's lock for a function of ours, the other the reverse.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["TEPLO_HOME"], "test.sqlite3")}  # noqa: F405
