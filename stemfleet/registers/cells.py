"""What stands in a cell and is no value: errors and formulas of spreadsheets, truth values and lists of JSON, books."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stemfleet.errors import InputError
from stemfleet.registers.codes import recipient_code
from stemfleet.registers.columns import Column, Titles
from stemfleet.registers.names import clean
from stemfleet.registers.values import Finding, Findings

LONGEST = 300  # letters of a cell that is kept as it is; those of the register have fewer than 150
_ERROR = re.compile(r"#[^\s#]{2,12}[!?]|#N/A|#Δ/Υ|#GETTING_DATA|Err:\d{3}|#{3,}")
_BLANKS = frozenset({"NULL", "null", "None", "nan", "NaN"})  # what programs write for a blank
_AS_TEXT = re.compile(r'="([^"]*)"')  # how Excel's CSV keeps a code from becoming a number
_SHOWN = 60

_IS_ERROR = "«{written}» under «{column}» is an error of the spreadsheet and no value: passed over. Mend its formula."
_IS_FORMULA = (
    "Under «{column}» stands the formula {written} without its result: passed over. Open the file in a spreadsheet "
    "program and save it again."
)
_WRONG_KIND = "{written} under «{column}» is of a wrong kind: a text or a number belongs there. Passed over."
_CUT = "The text under «{column}» has {length} letters («{start}»): cut off after {longest}."
_TWO_CODES = "«{column}» is read as the code. «{other}» holds codes too, and is not read."
_CODES_DIFFER = "The code is {code} under «{column}», and {other_code} under «{other}»: the first is read."

Fields = dict[str, str]


def shortened(text: str) -> str:
    """For a message: at most 60 letters."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@dataclass
class Mender:
    """Takes out of a row's fields what is no value, with a finding for each.

    A code stays, so that it can be shown, and what is to be judged: a blank would say no there. `lost`: row → fields
    that held something, yet no value; whoever takes the row takes them out.
    """

    titles: Mapping[str, str]
    columns: Sequence[Column]
    sheet: str | None
    findings: Findings
    lost: dict[int, set[str]] = field(default_factory=dict)
    _judged: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._judged = frozenset(column.field for column in self.columns if column.judged)

    def mended(self, row: int, fields: Fields, together: str) -> Fields:
        """`together`: all texts of the row as one, which is looked through much faster than each of them."""
        marked = "#" in together or "=" in together or "Err:" in together
        if marked or not _BLANKS.isdisjoint(fields.values()):
            fields = self._without_errors(row, fields)
        if len(together) > LONGEST:
            self._cut(row, fields)
        return fields

    def _without_errors(self, row: int, fields: Fields) -> Fields:
        """Errors (#REF!, #N/A), formulas without a result and NULL are taken out; the text of ="0501001" is 0501001."""
        kept = {}
        for name, text in fields.items():
            value = as_text[1] if (as_text := _AS_TEXT.fullmatch(text)) else text
            formula = value.startswith("=") and len(value) > 1
            if value in _BLANKS and name not in self._judged:
                continue
            if name not in self._judged and (formula or _ERROR.fullmatch(value)):
                code, sentence = ("formula_cell", _IS_FORMULA) if formula else ("error_cell", _IS_ERROR)
                self._find(code, sentence, row, name, written=shortened(value))
                if name != self.columns[0].field:
                    self.lost.setdefault(row, set()).add(name)
                    continue
            kept[name] = value
        return kept

    def _cut(self, row: int, fields: Fields) -> None:
        for column in self.columns:
            text = fields.get(column.field, "")
            if column.plain and len(text) > LONGEST:
                facts = {"length": len(text), "start": shortened(text), "longest": LONGEST}
                self._find("too_long", _CUT, row, column.field, **facts)
                fields[column.field] = text[:LONGEST].rstrip()

    def of_json(self, row: int, values: Mapping[str, Any]) -> Fields:
        """Field → text of a JSON object's values; what is neither text nor number is taken out."""
        texts = {}
        for column in self.columns:
            value = values.get(column.field)
            if value is None:
                continue
            if isinstance(value, list | dict) or (isinstance(value, bool) and not column.tick):
                text = shortened(json.dumps(value, ensure_ascii=False))
                if column.judged:
                    text = f"JSON {text}"  # or «[1]» would be a yes
                else:
                    self._find("wrong_kind", _WRONG_KIND, row, column.field, written=text)
                    if column is not self.columns[0]:
                        self.lost.setdefault(row, set()).add(column.field)
                        continue
            else:
                text = _json_text(value)
            if text:
                texts[column.field] = text
        self._cut(row, texts)
        return texts

    def _find(self, code: str, sentence: str, row: int, name: str, **facts: object) -> None:
        self.findings.append(Finding(code, sentence, {"column": self.titles[name], **facts}, row, self.sheet))


def _json_text(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean(str(value))


@dataclass
class Rivals:
    """Other columns that hold codes besides the one that is read as the code."""

    titles: Titles
    file: str
    sheet: str | None
    findings: Findings
    _told: set[int] = field(default_factory=set)

    def look(self, row: int, cells: Sequence[str]) -> None:
        """Tells of a rival once, and of each row where it has another code.

        Raises InputError where two columns of one title differ: nobody could say which one is meant.
        """
        code, column = recipient_code(clean(cells[self.titles.code]))[0], next(iter(self.titles.written.values()))
        for place, other in self.titles.rivals.items():
            other_code = recipient_code(clean(cells[place]))[0]
            if other_code is None:
                continue
            if place not in self._told:
                self._told.add(place)
                facts = {"column": column, "other": other}
                self.findings.append(Finding("two_codes", _TWO_CODES, facts, sheet=self.sheet))
            if code is None or code == other_code:
                continue
            if self.titles.folded[place] == self.titles.folded[self.titles.code]:
                raise InputError(
                    "{file}, row {row}: two columns have the title «{column}», and hold different codes: {code} and "
                    "{other_code}. Delete one of them, or give it another title.",
                    file=self.file,
                    row=row,
                    column=column,
                    code=code,
                    other_code=other_code,
                )
            facts = {"column": column, "other": other, "code": code, "other_code": other_code}
            self.findings.append(Finding("codes_differ", _CODES_DIFFER, facts, row, self.sheet))
