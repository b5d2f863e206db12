"""Comparing a list of kits of earlier waves with what is known of them. They get tags when their schools confirm."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session, select

from stemfleet.catalogue import Model
from stemfleet.registers import Finding, LegacyFile, LegacyRow, fold
from stemfleet.schools.by_name import Recipients
from stemfleet.store import LegacyKit, Wave, canonical, now

# The years of the five waves, as the action published them; other waves are looked up among the stored ones.
WAVE_YEARS = {"STEM1": 2017, "STEM2": 2019, "STEM3": 2021, "STEM4": 2023, "STEM5": 2024}
_YEAR = re.compile(r"(?<!\d)20[0-9]{2}(?!\d)")
_UNKNOWN_MODEL = "There is no kit model «{model}» ({count} kits). They are loaded, and get tags once there is one."
_UNKNOWN_YEAR = "Nothing tells when «{wave}» was ({count} kits): they do not count for `repeat`. Give a date."
_ELSEWHERE = "{model} with serial {serial} is at school {code} already; the kit is left out."
_FUTURE = "The date {date} has not come yet; the kit is left out. Is it mistyped?"

Changes = dict[str, tuple[Any, Any]]


@dataclass
class LegacyChange:
    """`new`: kits to store. `changed`: of kits that no school has answered for yet, date and state."""

    new: list[LegacyKit] = field(default_factory=list)
    changed: dict[str, Changes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    _updates: list[tuple[LegacyKit, LegacyRow]] = field(default_factory=list)

    @classmethod
    def between(cls, session: Session, read: LegacyFile, models: Mapping[str, Model]) -> "LegacyChange":
        change = cls(counts=dict.fromkeys(("new", "changed", "unchanged", "unknown_school", "elsewhere", "future"), 0))
        recipients, today = Recipients(session), now().date()
        stored = {kit.fingerprint: kit for kit in session.exec(select(LegacyKit))}
        places: dict[tuple[str, str | None], str] = {
            (kit.model, kit.serial): kit.school_code for kit in stored.values() if kit.serial
        }
        reader = _Reader.of(models, dict(session.exec(select(Wave.code, Wave.year)).all()))
        seen: Counter[str] = Counter()
        for row in map(reader.with_model, read.rows):
            code = recipients.code_of(row.code, row.row)
            if code is None:
                change.counts["unknown_school"] += 1
                continue
            row = replace(row, code=code)  # noqa: PLW2901
            if row.date is not None and row.date > today:
                change._leave_out("future", _FUTURE, row, row.code)
                continue
            content = canonical([row.code, row.model, row.wave, row.serial])
            seen[content] += 1  # kits without a serial are told apart by their number in the list
            fingerprint = hashlib.sha256(f"{content}|{seen[content]}".encode()).hexdigest()
            place = places.get((row.model, row.serial), row.code)
            if place != row.code and fingerprint not in stored:
                change._leave_out("elsewhere", _ELSEWHERE, row, place)
            else:
                change._compare(stored.get(fingerprint), row, fingerprint, reader.year(row))
        change.findings += [*recipients.findings, *reader.findings()]
        return change

    def _leave_out(self, code: str, text: str, row: LegacyRow, school: str) -> None:
        facts = {"code": school, "model": row.model, "serial": row.serial, "date": str(row.date)}
        self.counts[code] += 1
        self.findings.append(Finding(code, text, facts, row.row))

    def _compare(self, stored: LegacyKit | None, row: LegacyRow, fingerprint: str, year: int | None) -> None:
        if stored is None:
            self.counts["new"] += 1
            self.new.append(
                LegacyKit(
                    school_code=row.code,
                    model=row.model,
                    wave=row.wave,
                    year=year,
                    serial=row.serial,
                    delivered=row.date,
                    state=row.state,
                    fingerprint=fingerprint,
                    import_id=0,
                    row=row.row,
                )
            )
            return
        pairs = {"date": (stored.delivered, row.date), "state": (stored.state, row.state), "year": (stored.year, year)}
        changes = {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and pair[1] is not None}
        if not changes or stored.answer is not None:
            self.counts["unchanged"] += 1
            return
        self.counts["changed"] += 1
        shown = {name: (str(before), str(now)) for name, (before, now) in changes.items()}
        self.changed[f"{row.code} {row.model} {row.wave} {row.serial or stored.id}"] = shown
        self._updates.append((stored, row))

    def apply(self, session: Session, imports: Sequence[int], progress: Callable[[int, int], None]) -> None:
        (import_id,) = imports
        for kit in self.new:
            kit.import_id = import_id
        session.add_all(self.new)
        for stored, row in self._updates:
            stored.delivered = row.date or stored.delivered
            stored.state = row.state or stored.state
            stored.year = row.date.year if row.date else stored.year
            session.add(stored)
        session.flush()
        total = len(self.new) + len(self._updates)
        progress(total, total)


@dataclass
class _Reader:
    """Models by name or title, years by date or wave; counts what neither tells."""

    names: Mapping[str, str]
    years: Mapping[str, int]
    unknown: Counter[tuple[str, str, str, str]]

    @classmethod
    def of(cls, models: Mapping[str, Model], waves: dict[str, int]) -> "_Reader":
        families = Counter(model.family for model in models.values())
        names = {
            fold(text): m.name
            for m in models.values()
            for text in (*m.title.values(), *([m.family] if families[m.family] == 1 else []), m.name)
        }
        years = {_wave_key(code): year for code, year in (WAVE_YEARS | waves).items()}
        return cls(names, years, Counter())

    def with_model(self, row: LegacyRow) -> LegacyRow:
        name = self.names.get(fold(row.model))
        if name is None:
            self.unknown["unknown_model", _UNKNOWN_MODEL, "model", row.model] += 1
        return replace(row, model=name or row.model)

    def year(self, row: LegacyRow) -> int | None:
        if row.date is not None:
            return row.date.year
        year = self.years.get(_wave_key(row.wave))
        if year is None and (written := _YEAR.search(row.wave)):
            year = int(written[0])
        if year is None:
            self.unknown["unknown_year", _UNKNOWN_YEAR, "wave", row.wave] += 1
        return year

    def findings(self) -> list[Finding]:
        return [
            Finding(code, text, {name: value, "count": count})
            for (code, text, name, value), count in self.unknown.items()
        ]


def _wave_key(wave: str) -> str:
    return re.sub(r"[\s_-]", "", wave).upper()
