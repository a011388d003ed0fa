"""The backend: a transaction waits for its turn before BEGIN IMMEDIATE and gives it back when it has ended."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base

from teplo.kit.sqlite.functions import teach_connection
from teplo.kit.turns import Turns, turns_over


class DatabaseWrapper(base.DatabaseWrapper):
    _turns: Turns | None = None  # held while a transaction is open

    def get_new_connection(self, conn_params: Any) -> Any:
        connection = super().get_new_connection(conn_params)
        teach_connection(connection)
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        turns = None if self.is_in_memory_db() else turns_over(str(self.settings_dict["NAME"]))
        # Not in time: SQLite's own waiting and its error are the fallback.
        if turns is not None and turns.take(timeout=self.settings_dict["OPTIONS"].get("timeout", 5)):
            self._turns = turns
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            # A failed COMMIT (disk full) leaves the transaction open: the rollback that follows ends the turn.
            if self.connection is None or not self.connection.in_transaction:
                self._end_turn()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._turns is not None:
            turns, self._turns = self._turns, None
            turns.give_back()
