r"""Matrices, cases, and environments that only break lines."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language.nodes import Apply, Cases, Group, MatrixNode, Node, Number, Symbol, Tuple, Word
from derivcheck.reading import vocabulary as v
from derivcheck.reading.cursor import Cursor, cursor_of, shown, unexpected
from derivcheck.reading.items import ParseError
from derivcheck.reading.lexer import Token
from derivcheck.reading.names import spelling_at

_IF = frozenset({"if", "when", "for", "where", "whenever", "as", "iff", "if and only if", "provided", "for all", "on"})
_OTHERWISE = ("otherwise", "else", "other", "in all other")
_JOINING = frozenset({*v.SUM_SIGNS, *v.PRODUCT_SIGNS, *v.ENTRYWISE_SIGNS, *v.RELATIONS, ",", ";"})
_UPRIGHT = frozenset({"|", "\\mid", "\\vdots", "\\uparrow", "\\downarrow"})
_LYING = frozenset({"-", "--", "---", "–", "—", "―"})
_DOTS = frozenset({"\\vdots", "\\dots", "\\cdots", "\\ldots"})
_ZERO = Number(Fraction(0), "0")
Cell = tuple[int, int]


def read_environment(cursor: Cursor) -> Node:
    """The environment that begins here."""
    token = cursor.tokens[cursor.at]
    if token.text in v.MATRICES:
        return _matrix(cursor)
    if token.text in v.CASES:
        return read_cases(cursor)
    if token.text in v.ROWS:
        return _rows(cursor)
    raise ParseError(f"the environment `{token.text}` is not read", token.span)


def cells(cursor: Cursor, start: int, end: int) -> list[list[Cell]]:
    """Where the cells of each row between two indices stand; an empty last row is none."""
    rows: list[list[Cell]] = [[]]
    first = index = start
    while index < end:
        token = cursor.tokens[index]
        if token.kind == "row" or (token.kind == "sign" and token.text == "&"):
            rows[-1].append((first, index))
            first = index + 1
            if token.kind == "row":
                rows.append([])
        index = cursor.partners.get(index, index) + 1
    rows[-1].append((first, end))
    if len(rows) > 1 and rows[-1] == [(end, end)]:
        rows.pop()
    return rows


def read_cell(cursor: Cursor, cell: Cell) -> Node:
    """The expression that fills a cell."""
    start, end = cell
    cursor.at = start
    if start >= end:
        raise ParseError("this cell is empty", cursor.peek_span(), "write a 0 where a 0 is meant")
    if end - start > 1 and cursor.tokens[end - 1].kind == "sign" and cursor.tokens[end - 1].text in (",", ";"):
        end -= 1  # ``a, & b, & c``: the columns part what the commas part.
    limit, cursor.limit = cursor.limit, end
    with cursor.inside("cell"):
        node = cursor.grammar.inner(cursor)
    if cursor.at != end:
        raise unexpected(cursor)
    cursor.limit = limit
    return node


def _matrix(cursor: Cursor) -> Node:
    start = cursor.at
    opener = cursor.take()
    end = cursor.partners[start]
    layout = _without_rules(cursor, cells(cursor, start + 1, end))
    square = all(len(row) == len(layout) and row[k][0] < row[k][1] for k, row in enumerate(layout))
    blank = square and sum(first >= last for row in layout for first, last in row) != 1
    rows = [_row(cursor, row, blank) for row in layout]
    if blank and _is_diagonal(rows):
        diagonal = [row[k] for k, row in enumerate(rows)]
        members = tuple(Symbol("\\dots", span=cell.span) if _is_ddots(cell) else cell for cell in diagonal)
        cursor.at = end + 1
        listed = Group(Tuple(members, (",",) * (len(members) - 1)), "(", span=cursor.since(start))
        return Apply(Word("diag", span=opener.span), (listed,), span=listed.span)
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise ParseError(
                f"row {number} of the matrix has {_counted(len(row))} and the first row {_counted(len(rows[0]))}",
                row[0].span | row[-1].span,
            )
    cursor.at = end + 1
    return MatrixNode(tuple(rows), v.MATRICES[opener.text], span=cursor.since(start))


def _row(cursor: Cursor, row: list[Cell], blank: bool) -> tuple[Node, ...]:
    """The cells of a row of a matrix; one with nothing in it is 0 where that may be, or more of the dots beside it."""
    filled = [first for first, last in row if first < last]
    dotted = len(filled) < len(row) and all(cursor.tokens[first].text in (*_DOTS, "\\ddots") for first in filled)
    empty = Symbol("\\vdots") if dotted and filled else _ZERO if blank else None
    return tuple(empty if empty is not None and cell[0] >= cell[1] else read_cell(cursor, cell) for cell in row)


def _without_rules(cursor: Cursor, rows: list[list[Cell]]) -> list[list[Cell]]:
    """The cells of a matrix without the strokes that say that its rows or columns are vectors."""

    def strokes(cell: Cell, signs: frozenset[str]) -> bool:
        return all(cursor.tokens[k].text.strip() in signs for k in range(*cell))

    upright = [all(strokes(cell, _UPRIGHT) for cell in row) and row[0][0] < row[0][1] for row in rows]
    if len(rows) == 3 and upright[0] and upright[2] and len(rows[1]) == len(rows[0]):
        return rows[1:2]
    made: list[list[Cell]] = []
    for row in rows:
        start, end = row[0][0], row[-1][1]
        struck = end - start > 2 and strokes((start, start + 1), _LYING) and strokes((end - 1, end), _LYING)
        filled = [cell for cell in row if cell[0] < cell[1]]
        if struck and len(row) == 1:
            made.append([(start + 1, end - 1)])
        elif struck and len(row) == 3:
            made.append([row[1]])
        elif len(filled) == 1 and strokes(filled[0], _DOTS):
            made.append(filled)
        else:
            return rows
    return made


def _is_ddots(node: Node) -> bool:
    return isinstance(node, Symbol) and node.text == "\\ddots"


def _is_diagonal(rows: list[tuple[Node, ...]]) -> bool:
    """Whether dots run down the diagonal of a matrix that is blank elsewhere."""
    blank = all(cell == _ZERO or i == j for i, row in enumerate(rows) for j, cell in enumerate(row))
    return blank and any(_is_ddots(row[k]) for k, row in enumerate(rows))


def _counted(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


def read_cases(cursor: Cursor) -> Cases:
    r"""``\begin{cases} value & condition \\ … \end{cases}``, or an array that stands for it."""
    start = cursor.at
    cursor.take()
    end = cursor.partners[start]
    rows = [_case(cursor, row) for row in cells(cursor, start + 1, end)]
    missing = [value for value, condition in rows[:-1] if condition is None]
    if missing:
        raise ParseError("only the last case can go without a condition", missing[0].span)
    cursor.at = end + 1
    return Cases(tuple(rows), span=cursor.since(start))


def _case(cursor: Cursor, row: list[Cell]) -> tuple[Node, Node | None]:
    value, condition = _columns(cursor, row)
    value = _trimmed(cursor, value)
    node = read_cell(cursor, value)
    if condition is None:
        return node, None
    start, end = _trimmed(cursor, condition)
    otherwise = False
    while start < end and (found := spelling_at(cursor, start)) is not None:
        word = " ".join(found[0].lower().split()).strip(",. ")
        otherwise = otherwise or word.startswith(_OTHERWISE)
        if not (otherwise or word in _IF or not word):
            break
        start = found[1]
    start, end = _trimmed(cursor, (start, end))
    if start >= end:
        return node, None
    return node, _condition(cursor, start, end)


def _columns(cursor: Cursor, row: list[Cell]) -> tuple[Cell, Cell | None]:
    """The value and the condition of a row; a word such as "if" separates them where no ``&`` does."""
    filled = [cell for cell in row if cell[0] < cell[1]]
    if not filled:
        raise ParseError("this case is empty", cursor.tokens[row[0][0]].span)
    if len(filled) == 1:
        start, end = filled[0]
        index = start
        while index < end:
            found = spelling_at(cursor, index)
            word = "" if found is None else found[0].lower().strip(",. ")
            if index > start and (word in _IF or word.startswith(_OTHERWISE)):
                return (start, index), (index, end)
            index = cursor.partners.get(index, index) + 1
        return filled[0], None
    # "value & if & condition" has three columns
    return filled[0], (filled[1][0], filled[-1][1])


def _trimmed(cursor: Cursor, cell: Cell) -> Cell:
    start, end = cell
    while start < end and (cursor.tokens[start].text in (",", "&") or not cursor.tokens[start].text.strip()):
        start += 1
    while start < end and (cursor.tokens[end - 1].text in (",", ".", ";") or not cursor.tokens[end - 1].text.strip()):
        end -= 1
    return start, end


def _condition(cursor: Cursor, start: int, end: int) -> Node:
    parts = []
    cursor.at = start
    limit, cursor.limit = cursor.limit, end
    while True:
        with cursor.inside("cell"):
            parts.append(cursor.grammar.inner(cursor))
        found = spelling_at(cursor, cursor.at)
        if cursor.at >= end or not (
            cursor.tokens[cursor.at].text in ("\\land", "\\wedge") or (found is not None and found[0].lower() == "and")
        ):
            break
        cursor.at = found[1] if found is not None else cursor.at + 1
    if cursor.at != end:
        raise unexpected(cursor)
    cursor.limit = limit
    if len(parts) == 1:
        return parts[0]
    return Tuple(tuple(parts), (",",) * (len(parts) - 1), span=parts[0].span | parts[-1].span)


def _rows(cursor: Cursor) -> Node:
    """Rows that continue each other, read as one line."""
    start = cursor.at
    end = cursor.partners[start]
    rows = cells(cursor, start + 1, end)
    kept: list[Token] = []
    for row in rows:
        pieces = [token for first, last in row for token in cursor.tokens[first:last]]
        if kept and pieces and not (kept[-1].text in _JOINING or pieces[0].text in _JOINING):
            raise ParseError(
                "this row does not continue the row before", pieces[0].span, f"it begins with `{shown(pieces[0])}`"
            )
        kept.extend(pieces)
    within = cursor_of(kept, cursor.tokens[end].span, cursor.grammar)
    within.depth = cursor.depth
    with within.inside("cell"):
        node = cursor.grammar.inner(within)
    if within.at < within.limit:
        raise unexpected(within)
    cursor.at = end + 1
    return node
