"""Claims as identities of rational functions, at drawn points mod a drawn prime: what agrees there is proved.

If the two sides differ as rational functions, the numerator of their difference is a polynomial that is not zero. It
vanishes mod p at a random point only if all its coefficients are multiples of p, which few of the primes do that
could have been drawn, or by chance: at most degree / p of the points are its zeros (Schwartz and Zippel). The bound
counts both, the arguments of arbitrary functions that could have met by chance, the relations between exponentials
that could have been seen by chance, and every draw that was thrown away. It speaks of the sizes that were drawn.

A discrepancy refutes: a rational function that is not zero mod p is not zero, and then not at almost every real
input either; the values and derivatives that the unknowns stand for are those of some smooth function. It refutes
nothing where exponentials, roots or π are in it, of which not every relation is known here, nor under conditions.

Optima and solutions are compared by what vanishes there (``solving``); sides that no relation brings together by their
derivatives and a point (``constancy``); a side without a value is refuted (``fields``); ``everysize`` tells where a
proof at some sizes is one for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from random import Random

from derivcheck.evaluation import bounds
from derivcheck.evaluation import sizes as drawing
from derivcheck.evaluation.arithmetic import BUDGET, PRICE, NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.evaluator import World
from derivcheck.evaluation.residues import ResidueArithmetic
from derivcheck.oracles import constancy, everysize, fields, solving
from derivcheck.oracles.draws import Draws
from derivcheck.oracles.fields import Asked, Look
from derivcheck.oracles.reach import Reach, reach_of, size_symbols
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Doubt, Evidence, Outcome, Sees
from derivcheck.weigh import bound_words

NAME = "modular"
SIZES, SIZES_AS_NUMBERS, OTHER_SIZES = 2, 3, 6
"""How many sizes for a claim; for one in which they stand as numbers; and where the first cannot be drawn."""
MORE_SIZES = 3
FAR, BEYOND, FAR_SHARE = 2, 6, 0.02
"""Of these the one in this place is larger, if it is cheap: a polynomial with small zeros is not caught there."""
TRIALS, MOST_TRIALS = 2, 6
ATTEMPTS = 40
"""Draws for one trial: half of them have no root, where one is taken."""
MOST_ROOTS = 4
WANTED = 1e-16
SHARE = 1.5e9
"""The price of a proof at most, in nanoseconds."""
LEAST = 1e-9
"""A bound above this is no proof."""
VACUOUS = "both sides are zero at every input: this tests nothing"


@dataclass
class Tally:
    """What the draws have shown so far."""

    sizes: list[tuple[tuple[str, int], ...]] = field(default_factory=list)
    drawn: list[Mapping[str, int]] = field(default_factory=list)
    bound: float = 0.0
    points: int = 0
    redrawn: int = 0
    reasons: dict[str, None] = field(default_factory=dict)
    zero: bool = True
    too_large: float = 0.0


def applies(draws: Draws, claim: Claim) -> bool:
    """Every equation, as far as its terms can be told mod a prime."""
    return claim.relation == "=" and not (claim.solution is not None and claim.stationary)


def ask(draws: Draws, claim: Claim) -> Evidence:
    """Both sides mod primes, at several sizes; two primes at least for each."""
    # Part of the budget only: where it runs out the numerical oracles are still to be asked.
    BUDGET.price = max(BUDGET.price, PRICE - SHARE)
    if nowhere := fields.by_signs(draws, claim):
        return Evidence(NAME, Outcome.WRONG, detail=nowhere, doubt=Doubt.NO_VALUE)
    # Mod a prime nothing is larger than another: of an optimum it is seen where the slope vanishes, and no more.
    sees = Sees.SLOPE if claim.kind == "optimum" else Sees.WHOLE
    try:
        reach = reach_of(draws, claim)
        return replace(_proof(draws, claim, reach), sees=sees)
    except TooLarge as error:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=f"a proof mod a prime takes too long: {error.what}")
    except NotExact as refused:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=f"{refused.what} is not told mod a prime")
    except OutOfRange as error:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=str(error))


def _proof(draws: Draws, claim: Claim, reach: Reach) -> Evidence:
    tally = Tally()
    refusal = _tried(draws, claim, reach, look_at, tally)
    if refusal is None:
        alone = _failing_at_one(draws, claim, reach) if tally.sizes else None
        return _said(draws, claim, reach, tally) if alone is None else alone
    if refusal.outcome is not Outcome.WRONG and constancy.applies(draws, claim, reach.declared, bool(reach.equations)):
        # The sides may be equal all the same, by relations that are not known here.
        tally = Tally(zero=False)
        if _tried(draws, claim, reach, constancy.look_along, tally) is None:
            evidence = _said(draws, claim, reach, tally)
            detail = f"{evidence.detail}; {constancy.SAID}"
            return replace(evidence, detail=detail) if evidence.outcome is Outcome.HOLDS else refusal
    return refusal


def _failing_at_one(draws: Draws, claim: Claim, reach: Reach) -> Evidence | None:
    """What is said of a determinant that is another one where a size is 1, as that of x yᵀ: no draw has it."""
    problem, parts = draws.problem, tuple(draws.parts(claim.head, claim.claimed))
    # Of a density the determinant is that of its law, which the draws of its other sizes see.
    if any(isinstance(part, t.Optimum | t.Expectation | t.Density) for part in parts):
        return None
    if not any(isinstance(part, t.Unary) and part.op == "det" for part in parts):
        return None
    usual = drawing.draw(draws.symbols, problem, draws.fixed, draws.settings.seed, 1)[0]
    for name in sorted(size_symbols(problem, claim) & set(draws.symbols) - draws.fixed.keys()):
        chosen = {**usual, name: 1}
        if problem.size_bounds.get(name, 1) > 1 or not drawing.possible(chosen, problem):
            continue
        drawer = _Drawer(draws, claim, reach, drawing.complete(chosen, problem), 0, (), look_at)
        if drawer.trials(Tally()):
            detail = f"it fails where {problem.size_shown(name)} is 1: say that it is larger if that is meant"
            return Evidence(NAME, Outcome.UNDECIDED, detail=detail, doubt=Doubt.TOUCH)
    return None


def _tried(
    draws: Draws, claim: Claim, reach: Reach, look: Callable[[Draws, Claim, World], Look], tally: Tally
) -> Evidence | None:
    """Draws at several sizes; what is said where the sides differ at one of them, else None."""
    problem = draws.problem
    finite = tuple(
        key for key in reach.declared if problem.declarations[key].domain.kind in ("finite", "onehot")
    )  # fmt: skip
    generic = False
    wanted = SIZES if not reach.sized else SIZES_AS_NUMBERS if reach.declared or reach.functions else OTHER_SIZES
    begun = BUDGET.price
    wanted += len(_telling(draws, claim, reach)) if reach.declared or reach.functions else 0
    for number, choice in enumerate(_choices(draws, claim, reach)):
        if len(tally.sizes) == wanted:
            break
        if number == FAR and reach.sized and BUDGET.price - begun > FAR_SHARE * SHARE:
            continue
        whole = drawing.complete(choice, problem)
        few = fields.choices(draws, whole, finite) <= fields.MOST_CHOICES
        generic |= not few
        drawer = _Drawer(draws, claim, reach, whole, number, finite if few else (), look)
        refuted = drawer.trials(tally)
        if refuted is not None:
            if refuted and reach.algebraic and not generic:
                return _refuted(draws, tally, whole)
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="no identity of the relations that are known mod a prime")
    return None


def _choices(draws: Draws, claim: Claim, reach: Reach) -> list[dict[str, int]]:
    """Sizes to try. Where a claim speaks of nothing but sizes they are also drawn from many more."""
    problem, seed = draws.problem, draws.settings.seed
    chosen = drawing.draw(draws.symbols, problem, draws.fixed, seed, OTHER_SIZES)
    if (unknown := solving.unknown_of(claim)) is not None and unknown in problem.declarations:
        # Its second derivatives, or the Jacobian of its equation, are a matrix of as many rows as it has entries.
        shape = [dim.substitute(problem.solution) for dim in problem.declarations[unknown].shape]
        chosen.sort(key=lambda sizes: prod(dim.value(drawing.complete(sizes, problem)) for dim in shape))
    free = [name for name in draws.symbols if name not in draws.fixed]
    if not free:
        return chosen
    if reach.declared or reach.functions:
        chosen[SIZES:SIZES] = _telling(draws, claim, reach)
        return [*chosen[:FAR], *_far(draws), *chosen[FAR:]] if reach.sized else chosen
    generator = Random(f"{seed} many sizes")
    least = {name: max(2, problem.size_bounds.get(name, 2)) for name in free}
    far = [{**chosen[0], **{name: least[name] + generator.randrange(100) for name in free}} for _ in range(2)]
    return [*far, *chosen]


def _telling(draws: Draws, claim: Claim, reach: Reach) -> list[dict[str, int]]:
    """Small sizes of the other parity, where what a claim says may depend on it: determinants, sizes as numbers."""
    parts = draws.parts(claim.head, claim.claimed)
    if not reach.sized and not any(isinstance(part, t.Unary) and part.op == "det" for part in parts):
        return []
    drawn = drawing.draw(draws.symbols, draws.problem, draws.fixed, draws.settings.seed, SIZES)
    return drawing.extra(draws.symbols, draws.problem, draws.fixed, drawn)[:MORE_SIZES]


def _far(draws: Draws) -> list[dict[str, int]]:
    """Sizes larger than they have to be, if the document's conditions on sizes let any in."""
    try:
        return drawing.draw(draws.symbols, draws.problem, draws.fixed, draws.settings.seed, 1, BEYOND)
    except drawing.SizesError:
        return []


@dataclass(frozen=True)
class _Drawer:
    """The draws for one claim at one choice of sizes."""

    draws: Draws
    claim: Claim
    reach: Reach
    sizes: Mapping[str, int]
    number: int
    finite: tuple[str, ...]
    look: Callable[[Draws, Claim, World], Look]

    @property
    def _place(self) -> tuple[object, ...]:
        """What draws are shared by: claims try the sizes in different orders."""
        return (self.number, *sorted(self.sizes.items()))

    def trials(self, tally: Tally) -> bool | None:
        """Draw until the bound is small enough. None if all agree; True where the sides differ at an input."""
        bound = 1.0
        for trial in range(MOST_TRIALS):
            look, tried = self._trial(trial, tally)
            if look is None:
                return None
            if not look.equal:
                return not look.roots
            tally.zero &= look.zero
            tally.points += 1
            each = min(1.0, tried * chance(look.size * 2.0**look.roots))
            if each**MOST_TRIALS > LEAST:
                # However often the sides agree at these sizes, that is no proof: smaller ones may give one.
                tally.too_large = max(tally.too_large, each**MOST_TRIALS)
                return None
            bound *= each
            if trial + 1 >= TRIALS and bound < WANTED:
                break
        tally.sizes.append(self.draws.shown(self.sizes))
        tally.drawn.append(self.sizes)
        tally.bound = max(tally.bound, bound)
        return None

    def _trial(self, trial: int, tally: Tally) -> tuple[Look | None, int]:
        """One look at an input where both sides exist, with every choice of signs for roots, and the draws it took."""
        begin = ("begin", self._place, trial)
        # Where another claim had to draw again this one begins; the draws thrown away count for it all the same.
        start = self.draws.kept.get(begin, 0)
        assert isinstance(start, int)
        for attempt in range(start, start + ATTEMPTS):
            look = self._look(trial, attempt, 0)
            asked = look.asked if look.valid and not look.equal else ()
            if asked:
                look = self._look(trial, attempt, 0, asked)
            flipped, roots = 0, look.roots
            while look.valid and look.equal and (flipped := flipped + 1) < 1 << roots:
                look = self._look(trial, attempt, flipped, asked)
                # A root under another sign may bring in roots of its own.
                roots = max(roots, look.roots)
            if look.valid:
                self.draws.kept[begin] = attempt if roots else start
                return replace(look, roots=roots), attempt + 1
            tally.redrawn += 1
            tally.reasons.update(dict.fromkeys(look.reasons))
            if attempt == start + ATTEMPTS // 4 and "no square root" not in tally.reasons:
                break
        return None, ATTEMPTS

    def _look(self, trial: int, attempt: int, flipped: int, asked: Asked = ()) -> Look:
        """Claims share a draw unless roots are taken in it: their signs are chosen for each claim by itself.

        Of what was ``asked`` at a look before, the simplest is taken first: the rest may be made of it.
        """
        key = ("modular", self._place, trial, attempt, self.finite, self.reach.equations)
        shared = self.draws.kept.get(key)
        if shared is None or flipped or asked:
            label = f"{self.number} {trial} {attempt}"
            world = fields.world(self.draws, self.sizes, label, flipped, self.finite, self.reach.equations, dict(asked))
            if not flipped and not asked:
                self.draws.kept[key] = world
        else:
            assert isinstance(shared, World)
            world = shared
        look = self.look(self.draws, self.claim, world)
        if look.roots:
            self.draws.kept.pop(key, None)
            if shared is not None and not flipped and not asked:
                return self._look(trial, attempt, 0)
        return look


def look_at(draws: Draws, claim: Claim, world: World) -> Look:
    """Both sides at one draw."""
    a = world.arithmetic
    assert isinstance(a, ResidueArithmetic)
    sides = solving.sides(draws, claim, world)
    difference = a.subtract(sides.left, sides.right)
    roots = a.relations.root_count
    if roots > MOST_ROOTS:
        raise NotExact(f"a claim with {roots} different roots")
    if None in difference.grid.entries:
        return Look(False, roots=roots, reasons=tuple(a.failures) or ("a value that does not exist",))
    size = difference.top + a.relations.tests + sum(f.collisions for f in fields.functions_of(world))
    zero = not any(any(part.grid.entries) for part in sides.shown)
    return Look(True, not any(difference.grid.entries), zero, size, roots, asked=tuple(a.relations.asked.items()))


def chance(size: float) -> float:
    """How likely a polynomial of this degree, with coefficients of so many bits, vanishes where it is not zero."""
    return (size + 1) * (1 / bounds.LOW + 1 / (60 * bounds.MANY))


def _refuted(draws: Draws, tally: Tally, sizes: Mapping[str, int]) -> Evidence:
    here = draws.shown(sizes)
    tried = (*tally.sizes, here)
    return Evidence(
        NAME, Outcome.WRONG, sizes=tried, failing=(here,), points=tally.points + 1, seen=1,
        detail="not an identity mod a prime",
    )  # fmt: skip


def _said(draws: Draws, claim: Claim, reach: Reach, tally: Tally) -> Evidence:
    """The evidence where no draw told the sides apart."""
    sizes = tuple(tally.sizes)
    redrawn = ""
    if tally.redrawn:
        redrawn = f"{tally.redrawn} redrawn ({', '.join(tally.reasons)})"
    if tally.too_large and len(sizes) < SIZES:
        detail = f"the degree is too large: equal by chance with probability up to {tally.too_large:.0e}"
        return Evidence(NAME, Outcome.NOT_CHECKED, sizes=sizes, points=tally.points, detail=detail)
    if not tally.points and (nowhere := fields.by_draws(draws, claim, reach.equations)):
        return Evidence(NAME, Outcome.WRONG, detail=nowhere, doubt=Doubt.NO_VALUE)
    if not tally.points or not sizes:
        detail = f"no input could be drawn mod a prime: {', '.join(tally.reasons) or 'no sizes'}"
        return Evidence(NAME, Outcome.UNDECIDED, sizes=sizes, detail=detail, doubt=Doubt.UNSOLVED)
    if tally.zero and not (t.is_zero(claim.head) or t.is_zero(claim.claimed)):
        return Evidence(
            NAME, Outcome.UNDECIDED, error=0.0, sizes=sizes, points=tally.points, detail=VACUOUS, doubt=Doubt.VACUOUS
        )
    relevant = {draws.problem.size_shown(name) for name in size_symbols(draws.problem, claim)}
    about = tuple(tuple(pair for pair in choice if pair[0] in relevant) for choice in sizes)
    every = tuple(draws.problem.functions[key].text for key in reach.functions)
    bound, whole = tally.bound or 1e-300, _large_enough(draws, claim, reach, tally)
    proved = f"proved for every {', '.join(every)}" if every else "proved"
    words = (f"{proved}, error < {bound_words(bound)}", redrawn, "at every size" if whole else "")
    return Evidence(
        NAME, Outcome.HOLDS, error=0.0, sizes=about if any(about) else (), points=tally.points,
        detail="; ".join(filter(None, words)), bound=bound, every=every, all_sizes=whole or not any(about),
    )  # fmt: skip


def _large_enough(draws: Draws, claim: Claim, reach: Reach, tally: Tally) -> bool:
    """Whether what was shown at the sizes drawn shows it for every size."""
    if reach.sized or draws.fixed or draws.settings.functions or not draws.symbols:
        return False
    needed = everysize.needed(draws, claim)
    if not needed:
        return False
    return any(all(sizes[name] >= least for name, least in needed.items()) for sizes in tally.drawn)
