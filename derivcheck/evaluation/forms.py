r"""Piecewise linear functions of the inputs, in rationals, and the exact arithmetic in them for the one evaluator.

A form is a rational constant plus rational multiples of atoms. The first atoms are the inputs; every other is |p| of
a form p (a bend), or one of two forms, whichever some conditions choose (a choice). All else is written with these:

    relu(t) = (t + |t|) / 2,   max(a, b) = (a + b + |a − b|) / 2,   min(a, b) = (a + b − |a − b|) / 2

With |c p| = |c| |p| every p is primitive: whole coefficients without a common divisor, the first of them positive. So
one hidden layer comes out in its canonical form, and what is written twice is one atom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm
from typing import Literal

from derivcheck.evaluation import grid
from derivcheck.evaluation.arithmetic import SIGNS, NotExact
from derivcheck.evaluation.grid import Grid, Gridded
from derivcheck.evaluation.rational import INVALID, RATIONALS, Invalid, Number, RationalArithmetic

ZERO, ONE, HALF = Fraction(0), Fraction(1), Fraction(1, 2)
ATOMS = 20_000
"""So many bends and choices are kept for one claim."""
_CONSTANT = -1
PRODUCT = "a product of two variables"


@dataclass(frozen=True, slots=True)
class Form:
    """``constant + Σ coefficient · atom``, atoms by their numbers in order, no coefficient zero."""

    parts: tuple[tuple[int, Fraction], ...] = ()
    constant: Fraction = ZERO


Entry = Form | Literal[Invalid.INVALID]


@dataclass(frozen=True, slots=True)
class Condition:
    r"""``form sign 0``; the signs are ``>``, ``\ge``, ``=`` and ``\ne``. The form is primitive."""

    sign: str
    form: Form


Truth = bool | tuple[Condition, ...]
"""A truth value, or conditions that all have to be met."""


@dataclass(frozen=True, slots=True)
class Bend:
    """|argument|."""

    argument: Form


@dataclass(frozen=True, slots=True)
class Choice:
    """One form where all conditions are met, else another; what is invalid has no value there."""

    conditions: tuple[Condition, ...]
    met: Entry
    otherwise: Entry


Atom = Bend | Choice


@dataclass
class Atoms:
    """The atoms behind the inputs, each once: atom ``inputs + k`` is ``made[k]``."""

    inputs: int
    made: list[Atom] = field(default_factory=list)
    _known: dict[Atom, int] = field(default_factory=dict)

    def number(self, atom: Atom) -> int:
        """The number of an atom, a new one if it has none."""
        found = self._known.get(atom)
        if found is None:
            if len(self.made) >= ATOMS:
                raise NotExact(f"more than {ATOMS} bends")
            found = self._known[atom] = self.inputs + len(self.made)
            self.made.append(atom)
        return found

    def is_affine(self, form: Form) -> bool:
        """Whether nothing but inputs stands in it (they have the smallest numbers, and parts are in order)."""
        return not form.parts or form.parts[-1][0] < self.inputs

    def within(self, forms: Iterable[Entry]) -> Iterator[Atom]:
        """Every bend and choice that these forms are made of."""
        seen: set[int] = set()
        stack = [form for form in forms if form is not INVALID]
        while stack:
            for number, _ in stack.pop().parts:
                if number >= self.inputs and number not in seen:
                    seen.add(number)
                    atom = self.made[number - self.inputs]
                    yield atom
                    stack.extend(forms_in(atom))


def forms_in(atom: Atom) -> list[Form]:
    """The forms directly inside."""
    if isinstance(atom, Bend):
        return [atom.argument]
    branches = [branch for branch in (atom.met, atom.otherwise) if branch is not INVALID]
    return [*(one.form for one in atom.conditions), *branches]


@dataclass(frozen=True, slots=True)
class Canonical:
    """``affine + Σ coefficient · |p|`` of different hyperplanes p = 0: equal functions on R^d have equal ones."""

    affine: Form
    kinks: tuple[tuple[Form, Fraction], ...]


def canonical(form: Form, atoms: Atoms) -> Canonical:
    """The canonical form of one hidden layer; ``ValueError`` where a bend stands in a bend, or a choice anywhere."""
    kinks: list[tuple[Form, Fraction]] = []
    for number, coefficient in form.parts:
        if number >= atoms.inputs:
            atom = atoms.made[number - atoms.inputs]
            if not isinstance(atom, Bend) or not atoms.is_affine(atom.argument):
                raise ValueError("this has more than one layer")
            kinks.append((atom.argument, coefficient))
    affine = tuple(part for part in form.parts if part[0] < atoms.inputs)
    return Canonical(Form(affine, form.constant), tuple(kinks))


def constant(value: Fraction) -> Form:
    """The form that is a number."""
    return Form((), value)


def combination(terms: Iterable[tuple[Fraction, Form]]) -> Form:
    """``Σ factor · form``; in whole numbers over common denominators, which is far faster than in fractions."""
    found: dict[int, tuple[int, int]] = {}
    for factor, form in terms:
        a, b = factor.as_integer_ratio()
        for number, coefficient in ((_CONSTANT, form.constant), *form.parts):
            p, q = coefficient.as_integer_ratio()
            p, q = a * p, b * q
            r, s = found.get(number, (0, q))
            if q != s:
                common = lcm(q, s)
                p, r, q = p * (common // q), r * (common // s), common
            found[number] = (r + p, q)
    total = Fraction(*found.pop(_CONSTANT, (0, 1)))
    return Form(tuple((number, Fraction(*found[number])) for number in sorted(found) if found[number][0]), total)


def content(form: Form) -> Fraction:
    """The positive number by which a form that is not zero is a multiple of a primitive one."""
    values = [coefficient for _, coefficient in form.parts]
    if form.constant:
        values.append(form.constant)
    return Fraction(gcd(*(v.numerator for v in values)), lcm(*(v.denominator for v in values)))


def primitive(form: Form) -> tuple[Fraction, Form]:
    """``(c, p)`` with form = c p, p primitive and its first coefficient positive."""
    scale = content(form)
    if form.parts[0][1] < 0:
        scale = -scale
    return scale, combination([(1 / scale, form)])


def size(form: Form, atoms: Atoms) -> Form:
    """|form|."""
    if not form.parts:
        return constant(abs(form.constant))
    scale, argument = primitive(form)
    return Form(((atoms.number(Bend(argument)), abs(scale)),))


def relu(form: Form, atoms: Atoms) -> Form:
    """relu(t) = (t + |t|) / 2."""
    return combination([(HALF, form), (HALF, size(form, atoms))])


def compared(sign: str, form: Form) -> Truth:
    """``form sign 0`` for any sign, decided at once where the form is a number."""
    if sign in ("<", "\\le"):
        form = combination([(-ONE, form)])
        sign = {"<": ">", "\\le": "\\ge"}[sign]
    if not form.parts:
        return bool(SIGNS[sign](form.constant, 0))
    if sign in ("=", "\\ne"):
        return (Condition(sign, primitive(form)[1]),)
    return (Condition(sign, combination([(1 / content(form), form)])),)


def negation(one: Condition) -> Condition:
    """The condition that is met where this one is not."""
    opposite = {"=": "\\ne", "\\ne": "="}
    if one.sign in opposite:
        return Condition(opposite[one.sign], one.form)
    return Condition("\\ge" if one.sign == ">" else ">", combination([(-ONE, one.form)]))


def choose(truth: Truth, met: Entry, otherwise: Entry, atoms: Atoms) -> Entry:
    """The one where it is true, else the other. Two rows that meet where they change are a bend."""
    if isinstance(truth, bool):
        return met if truth else otherwise
    if len(truth) == 1:
        otherwise = _given(negation(truth[0]), otherwise, atoms)
    if met == otherwise:
        return met
    if len(truth) == 1 and met is not INVALID and otherwise is not INVALID and truth[0].sign in (">", "\\ge"):
        only = truth[0].form
        change = combination([(ONE, met), (-ONE, otherwise)])
        if atoms.is_affine(only) and change.parts:
            factor = change.parts[0][1] / only.parts[0][1]
            if change == combination([(factor, only)]):
                return combination([(ONE, otherwise), (factor, relu(only, atoms))])
    return Form(((atoms.number(Choice(truth, met, otherwise)), ONE),))


def _given(known: Condition, entry: Entry, atoms: Atoms) -> Entry:
    """An entry where a condition is known to be met: the choice that asks it once more is settled."""
    if entry is INVALID or len(entry.parts) != 1 or entry.constant or entry.parts[0][1] != 1:
        return entry
    number = entry.parts[0][0]
    atom = atoms.made[number - atoms.inputs] if number >= atoms.inputs else None
    if isinstance(atom, Choice) and atom.conditions == (known,) and atoms.is_affine(known.form):
        return atom.met
    return entry


def product(left: Form, right: Form, atoms: Atoms) -> Entry:
    """A product with a number, or with what takes a number in every case (an indicator, a sign)."""
    for one, other in ((left, right), (right, left)):
        if not one.parts:
            return combination([(one.constant, other)])
    for one, other in ((left, right), (right, left)):
        if _steps(one, atoms):
            return _stepped(one, other, atoms)
    raise NotExact(PRODUCT)


def _steps(form: Form, atoms: Atoms) -> bool:
    """Whether it takes only numbers: its atoms are choices between such forms."""
    for number, _ in form.parts:
        atom = atoms.made[number - atoms.inputs] if number >= atoms.inputs else None
        if not isinstance(atom, Choice):
            return False
        if not all(branch is INVALID or _steps(branch, atoms) for branch in (atom.met, atom.otherwise)):
            return False
    return True


def _stepped(steps: Form, other: Form, atoms: Atoms) -> Entry:
    parts: list[tuple[Fraction, Form]] = [(steps.constant, other)]
    for number, coefficient in steps.parts:
        atom = atoms.made[number - atoms.inputs]
        assert isinstance(atom, Choice)
        met, otherwise = (
            branch if branch is INVALID else product(branch, other, atoms) for branch in (atom.met, atom.otherwise)
        )
        chosen = choose(atom.conditions, met, otherwise, atoms)
        if chosen is INVALID:
            return INVALID
        parts.append((coefficient, chosen))
    return combination(parts)


HIGHEST_POWER = 16


@dataclass(frozen=True, slots=True)
class PiecewiseArithmetic(Gridded[Entry, Truth]):
    """The arithmetic of the evaluator on grids of forms; truth values are grids of conditions.

    What is no piecewise linear function of the inputs is refused. Where only numbers stand they are rationals.
    """

    atoms: Atoms
    price = RationalArithmetic.price
    product = RationalArithmetic.product
    step = RationalArithmetic.step

    def entry(self, value: Fraction | Literal["pi", "e"]) -> Entry:
        return _lifted(RATIONALS.entry(value))

    def total(self, values: Iterable[Entry]) -> Entry:
        forms: list[tuple[Fraction, Form]] = []
        for value in values:
            if value is INVALID:
                return INVALID
            forms.append((ONE, value))
        return combination(forms)

    def times(self, x: Entry, y: Entry) -> Entry:
        return INVALID if x is INVALID or y is INVALID else product(x, y, self.atoms)

    def over(self, x: Entry, y: Entry) -> Entry:
        """By numbers alone."""
        if x is INVALID or y is INVALID:
            return INVALID
        if y.parts:
            raise NotExact("a division by a variable")
        return combination([(1 / y.constant, x)]) if y.constant else INVALID

    def negative(self, x: Entry) -> Entry:
        return x if x is INVALID else combination([(-ONE, x)])

    def inverted(self, rows: list[list[Entry]]) -> list[Entry]:
        what = "the inverse of a variable"
        return list(map(_lifted, RATIONALS.inverted([[_number(x, what) for x in row] for row in rows])))

    def determinant(self, rows: list[list[Entry]]) -> Entry:
        return _lifted(RATIONALS.determinant([[_number(x, "a determinant of variables") for x in row] for row in rows]))

    def powered(self, x: Entry, exponent: Entry) -> Entry:
        return _lifted(RATIONALS.powered(_number(x, "a power of a variable"), _number(exponent, "a variable exponent")))

    def raised(self, x: Entry, exponent: int) -> Entry:
        if x is INVALID or not x.parts:
            return _lifted(RATIONALS.raised(_number(x, ""), exponent))
        if not 0 <= exponent <= HIGHEST_POWER:
            raise NotExact("a power of a variable")
        return self.together([x] * exponent)

    def elementary(self, name: str, order: int, a: Grid[Entry]) -> Grid[Entry]:
        """``abs``, ``relu``, ``sign`` and their derivatives; of numbers whatever is rational."""
        if name in ("abs", "relu", "sign"):
            return grid.apply(lambda x: x if x is INVALID else self._bent(name, order, x), a)
        what = f"the function {name} of a variable"
        return grid.apply(_lifted, RATIONALS.elementary(name, order, grid.apply(lambda x: _number(x, what), a)))

    def larger(self, x: Entry, y: Entry) -> Entry:
        if x is INVALID or y is INVALID:
            return INVALID
        difference = size(combination([(ONE, x), (-ONE, y)]), self.atoms)
        return combination([(HALF, x), (HALF, y), (HALF, difference)])

    def test(self, sign: str) -> Callable[[Entry, Entry], Truth]:
        r"""With an invalid entry every comparison is false, ``\ne`` as well."""

        def truth(x: Entry, y: Entry) -> Truth:
            if x is INVALID or y is INVALID:
                return False
            return compared(sign, combination([(ONE, x), (-ONE, y)]))

        return truth

    def conjunction(self, x: Truth, y: Truth) -> Truth:
        if isinstance(x, bool):
            return y if x else False
        if isinstance(y, bool):
            return x if y else False
        return tuple(dict.fromkeys((*x, *y)))

    def chosen(self, truth: Truth, x: Entry, y: Entry) -> Entry:
        return choose(truth, x, y, self.atoms)

    def whole(self, x: Entry) -> int:
        return RATIONALS.whole(_number(x, "an index that depends on a variable"))

    def _bent(self, name: str, order: int, x: Form) -> Entry:
        """As in the rationals, at a bend 0 is taken for the derivative."""
        steps = order + (name == "sign")
        if steps > 1:
            return constant(ZERO)
        if steps == 0:
            return relu(x, self.atoms) if name == "relu" else size(x, self.atoms)
        below = constant(ZERO)
        if name != "relu":
            negative = choose(compared("<", x), constant(-ONE), constant(ZERO), self.atoms)
            assert negative is not INVALID
            below = negative
        return choose(compared(">", x), constant(ONE), below, self.atoms)


def _lifted(x: Number) -> Entry:
    return x if x is INVALID else constant(x)


def _number(x: Entry, what: str) -> Number:
    """An entry as a rational number; ``what`` is refused where it is none."""
    if x is INVALID:
        return x
    if x.parts:
        raise NotExact(what)
    return x.constant
