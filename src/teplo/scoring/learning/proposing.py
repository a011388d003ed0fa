"""From a frame to a proposal, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from teplo.scoring.learning.calendar import returning
from teplo.scoring.learning.criteria import bands_of, criteria_of, thresholds
from teplo.scoring.learning.curves import Z95, Z99, auc, auc_variance, interval, over_splits
from teplo.scoring.learning.features import Dropped, Feature, Useless, days_of, make_features
from teplo.scoring.learning.fitting import fit_ridge
from teplo.scoring.learning.frames import Bools, Floats, Ints, Told, read_columns
from teplo.scoring.learning.leaking import find_leaks
from teplo.scoring.learning.outcomes import Outcome, read_outcome
from teplo.scoring.learning.parts import Rows
from teplo.scoring.learning.refusing import Refused
from teplo.scoring.learning.splitting import Splits, make_splits
from teplo.scoring.learning.tables import Learned, learn_table

LEAST = 30
"""So many won and so many lost there must be, or nothing is learnt."""
WEAK, STRONG = 0.70, 0.80
TOO_GOOD, FEW = 0.95, 8
"""Such an area from so few criteria is rarely true of people: it is said aloud."""
CRITERIA = 25

Tell = Callable[[int, int, str], None]
Json = dict[str, Any]


def propose(frame: Path, sidecar: Mapping[str, Any], options: Mapping[str, Any], tell: Tell) -> Json:
    """The result as `learning_process` hands it on, with codes where words belong."""
    try:
        # In one thread sums come out the same each time, and a busy machine is not waited for at every one of them.
        with threadpool_limits(1):
            return _Proposal(frame, sidecar, options, tell).make()
    except Refused as refusal:
        return {"verdict": "refused", "why": {"code": refusal.code, "params": refusal.params}}


class _Proposal:
    def __init__(self, frame: Path, sidecar: Mapping[str, Any], options: Mapping[str, Any], tell: Tell) -> None:
        self.options, self.tell = options, tell
        self.most = int(options.get("criteria") or CRITERIA)
        tell(0, 100, "reading")
        told = [Told.from_json(entry) for entry in sidecar["columns"]]
        self.outcome_key, self.date_key, self.id_key = sidecar["outcome"], sidecar.get("date"), sidecar.get("id")
        named = {entry.key for entry in told}
        told += [
            Told(key, key, "key") for key in (self.outcome_key, self.date_key, self.id_key) if key and key not in named
        ]
        self.columns = read_columns(frame, told, options.get("shape"))
        self.result: Json = {"verdict": "", "why": {"code": "", "params": {}}, "criteria": [], "bands": [], "leaks": []}
        self.dropped: list[Dropped] = []

    def make(self) -> Json:
        outcome = self._outcome()
        won = outcome.won
        if min(int(won.sum()), int((~won).sum())) < LEAST:
            return self._end("too-little", "too-few", won=int(won.sum()), lost=int((~won).sum()), least=LEAST)
        people = self._people()
        self.tell(15, 100, "columns")
        features = self._features()
        features = self._without_leaks(features, won, people)
        features = self._without_calendar(features)
        self.result["dropped"] = [asdict(entry) for entry in self.dropped]
        used = [feature for several in features.values() for feature in several]
        if not used:
            return self._end("no-signal", "no-columns")
        days = days_of(self.columns[self.date_key]) if self.date_key else None
        splits = make_splits(won, people, days)
        calibration = self._validate(used, won, splits)
        if (verdict := self._verdict(won)) is not None:
            return verdict
        self.tell(85, 100, "fitting")
        learned = learn_table(used, np.arange(won.size), won, most=self.most)
        self._describe(learned, won, calibration)
        return self.result

    def _end(self, verdict: str, code: str, **params: Any) -> Json:
        self.result |= {"verdict": verdict, "why": {"code": code, "params": params}}
        self.result.setdefault("dropped", [asdict(entry) for entry in self.dropped])
        return self.result

    # the rows

    def _outcome(self) -> Outcome:
        column = self.columns[self.outcome_key]
        if column.codes.size == 0:
            raise Refused("no-rows")
        outcome = read_outcome(column, won=self.options.get("won") or (), lost=self.options.get("lost") or ())
        for other in self.columns.values():
            other.keep(outcome.kept)
        self._forget_repeated(outcome)
        won = outcome.won
        self.result |= {
            "people": int(won.size), "won": int(won.sum()), "lost": int((~won).sum()),
            "base_rate": round(float(won.mean()), 6) if won.size else 0.0, "outcome": outcome.how,
        }  # fmt: skip
        return outcome

    def _forget_repeated(self, outcome: Outcome) -> None:
        """The same row of the same person counts once; by id alone rows are the same person, not the same row."""
        if not self.id_key or not outcome.won.size:
            return
        columns = [self.columns[self.id_key].codes, outcome.won, *(c.codes for c in self.columns.values())]
        _, first = np.unique(np.column_stack(columns), axis=0, return_index=True)
        kept = np.zeros(outcome.won.size, dtype=bool)
        kept[first] = True
        kept |= self.columns[self.id_key].codes == 0
        self.result["repeated"] = int((~kept).sum())
        if kept.all():
            return
        for column in self.columns.values():
            column.keep(kept)
        outcome.won = outcome.won[kept]

    def _people(self) -> Ints:
        """A number for each person: rows without an id are people of their own."""
        size = self.columns[self.outcome_key].codes.size
        if not self.id_key:
            return np.arange(size, dtype=np.int32)
        codes = self.columns[self.id_key].codes.astype(np.int64)
        codes = np.where(codes == 0, np.arange(size) + codes.max() + 1, codes)
        _, people = np.unique(codes, return_inverse=True)
        self.result["several_rows"] = int(size - people.max() - 1)
        return people.astype(np.int32)

    # the columns

    def _features(self) -> dict[str, list[Feature]]:
        excluded = set(self.options.get("exclude") or ())
        moment = self.columns[self.date_key] if self.date_key else None
        features: dict[str, list[Feature]] = {}
        for key, column in self.columns.items():
            if key in (self.outcome_key, self.date_key, self.id_key) or column.told.kind == "key":
                continue
            if key in excluded:
                self.dropped.append(Dropped(key, column.told.label, "excluded"))
                continue
            try:
                features[key] = make_features(column, moment)
            except Useless as reason:
                self.dropped.append(Dropped(key, column.told.label, str(reason)))
        return features

    def _without_leaks(self, features: dict[str, list[Feature]], won: Bools, people: Ints) -> dict[str, list[Feature]]:
        self.tell(25, 100, "leaks")
        leaks = find_leaks(features, won, people, lambda: self.tell(30, 100, "leaks"))
        insisted = set(self.options.get("insist") or ())
        self.result["leaks"] = [{**asdict(leak), "insisted": leak.column in insisted} for leak in leaks]
        out = {leak.column for leak in leaks if leak.column not in insisted}
        later = {key for key, several in features.items() if several[0].told.later and key not in insisted}
        named = {leak.column for leak in leaks}
        self.dropped += [Dropped(k, features[k][0].told.label, "later") for k in sorted(later - named)]
        return {key: several for key, several in features.items() if key not in out | later}

    def _without_calendar(self, features: dict[str, list[Feature]]) -> dict[str, list[Feature]]:
        """A day of the calendar does not come again: its weekday and its month do."""
        found: dict[str, list[Feature]] = {}
        for key, several in features.items():
            if several[0].kind != "day":
                found[key] = several
                continue
            self.dropped.append(Dropped(key, several[0].told.label, "calendar"))
            if again := returning(several[0]):
                found[key] = again
        return found

    # the proof

    def _validate(self, features: Sequence[Feature], won: Bools, splits: Splits) -> tuple[float, float]:
        """The AUC on people not learnt from, of the model and of the table; answers how sure its chances are."""
        areas: dict[str, list[float]] = {"model": [], "table": []}
        variances: dict[str, list[float]] = {"model": [], "table": []}
        odds: list[Floats] = []
        lifts: list[float] = []
        outcomes: list[Bools] = []
        for number, (learnt, tested) in enumerate(splits.pairs):
            self.tell(40 + 45 * number // len(splits.pairs), 100, "testing")
            table = learn_table(features, learnt, won[learnt], most=self.most, seed=number)
            scores = table.score(tested)
            for name, values in (("model", table.foretell(tested)), ("table", scores.astype(float))):
                areas[name].append(auc(values, won[tested]))
                variances[name].append(auc_variance(values, won[tested]))
            lifts.append(lift_of_best(scores.astype(float), won[tested]))
            line = _line(table.score(learnt), won[learnt])
            odds.append(np.asarray(line[0] + line[1] * scores, dtype=np.float64))
            outcomes.append(won[tested])
        measured = {name: over_splits(areas[name], variances[name], disjoint=splits.disjoint) for name in areas}
        self.error = measured["table"][1]
        self.area = measured["table"][0]
        self.result["lift"] = round(float(np.mean(lifts)), 2)
        self.result["auc"] = {
            **{name: interval(value, error) for name, (value, error) in measured.items()},
            "how": splits.how, "splits": len(splits.pairs),
        }  # fmt: skip
        self.result["loss"] = round(measured["model"][0] - measured["table"][0], 4)
        return _line(np.concatenate(odds), np.concatenate(outcomes))

    def _verdict(self, won: Bools) -> Json | None:
        params = {
            "auc": round(self.area, 2),
            "low": self.result["auc"]["table"][1],
            "high": self.result["auc"]["table"][2],
        }
        if self.area - Z95 * self.error <= 0.5:
            return self._end("no-signal", "covers-chance", **params)
        if self.area - Z99 * self.error <= 0.5 or self.area < 0.53:
            return self._end("no-signal", "near-chance", **params)
        return None

    def _describe(self, learned: Learned, won: Bools, calibration: tuple[float, float]) -> None:
        rows: Rows = np.arange(won.size)
        scores = learned.score(rows)
        line = _line(scores, won)
        criteria = criteria_of(learned, won)
        bands = bands_of(learned, scores, won, line, calibration)
        warm, hot = thresholds(bands, float(won.mean()))
        strength = "weak" if self.area < WEAK else "strong" if self.area >= STRONG else "fair"
        params = {"auc": round(self.area, 2), "lift": self.result["lift"], "n": len(criteria)}
        code = "too-good" if self.area >= TOO_GOOD and len(criteria) <= FEW else f"{strength}-lift"
        self.result |= {
            "verdict": "proposed", "why": {"code": code, "params": params},
            "strength": strength, "criteria": criteria, "bands": bands, "warm_from": warm, "hot_from": hot,
        }  # fmt: skip


def lift_of_best(scores: Floats, won: Bools) -> float:
    """How many times as often as everybody the tenth with the best scores buys; ties count by their share."""
    most = max(1, round(scores.size / 10))
    edge = np.partition(scores, scores.size - most)[scores.size - most]
    above, at = scores > edge, scores == edge
    share = (most - int(above.sum())) / int(at.sum())
    bought = float(won[above].sum() + share * won[at].sum())
    return bought / most / float(won.mean())


def _line(values: Any, won: Bools) -> tuple[float, float]:
    """Intercept and slope of the log-odds of buying along one number."""
    fit = fit_ridge(np.asarray(values, dtype=float)[:, None], won, 100.0)
    return float(fit.coefficients[0]), float(fit.coefficients[1])
