"""Two columns of a CSV file as numbers: read right, or refused with the line."""

import csv
import io
import math
import re
from pathlib import Path

import numpy as np

_LARGEST_FILE = 100  # MB
_MISSING = {"", "na", "n/a", "nan", "null", "none", "missing", "?", "-", "."}
_DELIMITERS = ",;\t|"
_OTHER = {",": ".", ".": ","}
_NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*([eE][+-]?\d+)?")


def columns(path, names):
    """The columns of those names, given as argument -> name, as floats; NaN where one is empty."""
    header, rows = _records(path)
    picked = {argument: _cells(header, rows, argument, name) for argument, name in names.items()}
    mark = _decimal_mark(names, picked)
    return [_numbers(argument, names[argument], picked[argument], mark) for argument in names]


def _text(path):
    """The text of a file."""
    path = path.expanduser()
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise ValueError(f"the file x={str(path)!r} {what}; relative paths start at {Path.cwd()}")
    size = path.stat().st_size / 1e6
    if size > _LARGEST_FILE:
        raise ValueError(
            f"the file x={path.name!r} has {size:.0f} MB, more than {_LARGEST_FILE}: "
            "save its two columns to a file of their own"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"the file x={path.name!r} cannot be read: {error.strerror}") from None
    if b"\0" in data:
        raise ValueError(_no_csv(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # the digits are the same in it


def _no_csv(path):
    return f"the file x={path.name!r} is no CSV file; save it as CSV (UTF-8)"


def _records(path):
    """Header and rows of a CSV file, each with the number of its line."""
    text = _text(path)
    # Excel's own first line, which names the delimiter and is no header
    told = re.match(r'\s*"?sep=([,;\t|])"?[^\S\n]*(\n|\Z)', text, re.IGNORECASE)
    skipped = told.group().count("\n") if told else 0
    text = text[told.end() :] if told else text
    delimiter = told.group(1) if told else max(_DELIMITERS, key=lambda d: _width(text, d))
    rows = list(_parsed(path, text, delimiter, skipped))
    if len(rows) < 2:
        raise ValueError(
            f"the file x={path.name!r} holds {len(rows)} rows; header and draws needed"
        )
    header = [name.strip() for name in rows[0][1]]
    for line, row in rows[1:]:
        if len(row) > len(header) and any(map(str.strip, row[len(header) :])):
            raise ValueError(
                f"the file x={path.name!r} has {len(row)} fields in line {line}, but "
                f"{len(header)} in its header: is it CSV, with a header?"
            )
    return header, rows[1:]


def _reader(text, delimiter):
    file = io.StringIO(text, newline="")
    return csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)


def _width(text, delimiter):
    """How many fields the header has with that delimiter; 0 if its quotes forbid it."""
    try:
        return len(next(_reader(text.lstrip(), delimiter), []))
    except csv.Error:
        return 0


def _parsed(path, text, delimiter, skipped):
    """The rows that are not empty; a quote that swallows rows is refused where it stands."""
    lines = io.StringIO(text, newline="").readlines()
    reader, width = _reader(text, delimiter), 0
    while True:
        start = reader.line_num
        try:
            row = next(reader, None)
        except csv.Error as error:
            if '"' in (lines[start] if start < len(lines) else ""):
                _refuse_quote(path, start + 1 + skipped, f" ({error})")
            raise ValueError(_no_csv(path)) from None
        if row is None:
            return
        spanned = lines[start : reader.line_num]
        if width and len(spanned) > 1:
            whole = [each for each in spanned if _is_a_row(each, delimiter, width)]
            if len(whole) > 1:
                _refuse_quote(path, start + 1 + skipped, f": it takes {len(spanned)} lines for one")
        if any(map(str.strip, row)):
            width = width or len(row)
            yield reader.line_num + skipped, row


def _is_a_row(line, delimiter, width):
    """Whether a line has as many fields as the header, half of them numbers."""
    fields = [each.strip() for each in line.replace('"', "").split(delimiter)]
    numbers = sum(bool(_NUMBER.fullmatch(each)) for each in fields)
    return len(fields) == width and 2 * numbers >= width


def _refuse_quote(path, line, why):
    raise ValueError(
        f'the file x={path.name!r} has a stray or unclosed quote (") in line {line}{why}; delete '
        "it, or close it in its field"
    )


def _cells(header, rows, argument, name):
    """The fields of one column, each with its line."""
    if header.count(name) != 1:
        some = ", ".join(map(repr, header[:8])) + (", ..." if len(header) > 8 else "")
        times = "names no column" if name not in header else f"names {header.count(name)} columns"
        raise ValueError(f"{argument}={name!r} {times} of the file; its header has {some}"[:290])
    place = header.index(name)
    return [(line, row[place].strip() if place < len(row) else "") for line, row in rows]


def _decimal_mark(names, picked):
    """The mark of decimals, a point or a comma: what all the numbers say; refused if they do not.

    A comma groups thousands or begins decimals, and so does a point. One with other than three
    digits behind it begins decimals, and so does one behind a 0. Two of a kind group thousands, and
    so does one before the other kind. Else 1,513 may be either.
    """
    cells = [
        (argument, line, cell)
        for argument, column in picked.items()
        for line, cell in column
        if cell.lower() not in _MISSING and _NUMBER.fullmatch(cell)
    ]
    seen = {mark: _use(mark, cells) for mark in ".,"}
    for mark, other in (".,", ",."):
        if seen[mark].keys() >= {"groups", "decimals"}:
            _refuse_mark(names, *seen[mark]["groups"], seen[mark]["decimals"])
        for use in ("groups", "decimals"):
            if use in seen[mark] and use in seen[other]:
                _refuse_mark(names, *seen[mark][use], seen[other][use])
    for mark, other in (".,", ",."):
        if "decimals" in seen[mark] or "groups" in seen[other]:
            return mark
    if "either" in seen[","]:
        _refuse_mark(names, *seen[","]["either"])
    # 1.079 beside 998 in one column: nobody writes 998.000 without its zeros, and 1.079 with them
    bare = {argument for argument, _, cell in cells if re.fullmatch(r"[+-]?\d{1,3}", cell)}
    if "either" in seen["."]:
        for cell in cells:
            if cell[0] in bare and "." in cell[2]:
                _refuse_mark(names, *cell)
    return "."


def _use(mark, cells):
    """How the cells use a mark, use -> the first cell: "groups", "decimals" or "either"."""
    other, seen = _OTHER[mark], {}
    group = re.compile(rf"[+-]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+(\{other}\d*)?")
    for cell in cells:
        number = cell[2]
        if mark in number:
            sure = number.count(mark) > 1 or other in number
            use = ("groups" if sure else "either") if group.fullmatch(number) else "decimals"
            seen.setdefault(use, cell)
    return seen


def _refuse_mark(names, argument, line, cell, against=None):
    also = f" beside {against[2][:20]!r} in line {against[1]}" if against else ""
    raise ValueError(
        f"{argument}={names[argument]!r} holds {cell[:20]!r} in line {line}{also}, which may have "
        "a decimal mark or a mark for thousands: write a decimal point, and no thousands mark"
    )


def _numbers(argument, name, cells, mark):
    """The numbers of a column; NaN where one is missing."""
    groups = _OTHER[mark]
    numbers = np.full(len(cells), math.nan)
    for i, (line, cell) in enumerate(cells):
        if cell.lower() not in _MISSING:
            try:
                numbers[i] = float(cell.replace(groups, "").replace(mark, "."))
            except ValueError:
                raise ValueError(
                    f"{argument}={name!r} holds text, {cell[:40]!r} in line {line}: choose a "
                    "column of numbers, or leave the field empty if it is missing"
                ) from None
    return numbers
