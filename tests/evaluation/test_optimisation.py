"""Optima found against closed forms: the true error lies inside the bar; what has no one optimum says why."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from derivcheck.evaluation.arithmetic import BUDGET, NotExact
from derivcheck.evaluation.optimisation import curvature, optimise, stationarity
from derivcheck.evaluation.sampling import draw, generator
from derivcheck.language.shapes import Domain

REAL, POSITIVE, NONNEGATIVE = Domain(), Domain("positive"), Domain("nonnegative")
UNIT, SIMPLEX, SPD = Domain("unit"), Domain("simplex"), Domain("spd")
PROBABILITY = Domain("interval", low=0.0, high=1.0)
seeds = st.integers(0, 10**6)
quick = settings(max_examples=12)


@pytest.fixture(autouse=True)
def _renewed_budget():
    BUDGET.renew()


def normal(seed, *shape):
    return torch.randn(*shape, generator=generator("optimisation", seed, *shape), dtype=torch.float64)


def total(value):
    return value.sum((-2, -1))


def begin(domain, seed, *shape):
    return draw(domain, shape, generator("begin", seed), domain.high)


def close(found, truth, relative=1e-10):
    """Converged, as exact as promised, and the true error inside the bar."""
    assert bool(found.converged.all()), found.reason
    assert found.reason == ""
    apart = (found.place - truth).abs().amax((-2, -1))
    assert bool((apart <= found.error).all()), (apart, found.error)
    assert bool((apart <= relative * truth.abs().amax((-2, -1))).all())


def regression(seed, condition, lead=4, rows=40, columns=20):
    """X with singular values from 1 to condition^-½, positive weights, y; the Hessian has that condition."""
    q = torch.linalg.qr(normal(seed, lead, rows, columns))[0]
    v = torch.linalg.qr(normal(seed + 1, lead, columns, columns))[0]
    x = (q * torch.logspace(0, -0.5 * condition, columns, dtype=torch.float64)) @ v
    w = torch.exp(0.3 * normal(seed + 2, lead, rows, 1))
    y = x @ normal(seed + 3, lead, columns, 1) + 0.1 * normal(seed + 4, lead, rows, 1)
    return x, w, y


def exact_regression(x, w, y):
    """The solution of the normal equations in rationals: float64 solvers are no better than what they would judge."""
    xs, ws, ys = ([[Fraction(entry) for entry in row] for row in value.tolist()] for value in (x, w, y))
    n = len(xs[0])
    rows = [
        [sum(r[i] * v[0] * r[j] for r, v in zip(xs, ws, strict=True)) for j in range(n)]
        + [sum(r[i] * v[0] * t[0] for r, v, t in zip(xs, ws, ys, strict=True))]
        for i in range(n)
    ]
    for i in range(n):
        for k in range(n):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [u - factor * v for u, v in zip(rows[k], rows[i], strict=True)]
    return [row[n] / row[i] for i, row in enumerate(rows)]


@quick
@given(seeds, st.floats(0, 6))
def test_weighted_least_squares_is_solved_whatever_its_condition(seed, condition):
    x, w, y = regression(seed, condition, lead=2, rows=14, columns=6)
    found = optimise(lambda u: total(w * (y - x @ u) ** 2), normal(seed, 2, 6, 1), REAL, False, seed)
    assert bool(found.converged.all())
    for k in range(2):
        truth = exact_regression(x[k], w[k], y[k])
        apart = max(abs(Fraction(u) - v) for u, v in zip(found.place[k, :, 0].tolist(), truth, strict=True))
        assert apart <= float(found.error[k])
        assert apart <= 1e-10 * max(abs(v) for v in truth)


def test_a_quadratic_of_twenty_unknowns_is_asked_for_a_few_values_only():
    x, w, y = regression(1, 3)
    asked = []

    def objective(u):
        asked.append(u)
        return total(w * (y - x @ u) ** 2)

    optimise(objective, normal(1, 4, 20, 1), REAL, False, 0)
    assert len(asked) <= 20


@quick
@given(seeds, st.floats(1.1, 300), st.floats(1e-3, 1e3))
def test_the_mode_of_a_gamma_posterior_is_shape_minus_one_over_rate(seed, shape, rate):
    def objective(x):
        return total((shape - 1) * x.log() - rate * x)

    close(
        optimise(objective, begin(POSITIVE, seed, 3, 1, 1), POSITIVE, True, seed),
        torch.full((3, 1, 1), (shape - 1) / rate, dtype=torch.float64),
    )


@quick
@given(seeds, st.integers(1, 60), st.integers(1, 60))
def test_the_mode_of_a_beta_posterior_is_the_share_of_successes(seed, ones, zeros):
    def objective(p):
        return total(ones * p.log() + zeros * torch.log1p(-p))

    truth = torch.full((3, 2, 1), ones / (ones + zeros), dtype=torch.float64)
    close(optimise(objective, begin(PROBABILITY, seed, 3, 2, 1), PROBABILITY, True, seed), truth)


@quick
@given(seeds, st.integers(2, 6))
def test_multinomial_weights_are_shares(seed, size):
    counts = torch.randint(1, 100, (3, size, 1), generator=generator(seed)).double()
    close(
        optimise(lambda p: total(counts * p.log()), begin(SIMPLEX, seed, 3, size, 1), SIMPLEX, True, seed),
        counts / counts.sum(-2, keepdim=True),
    )


@settings(max_examples=4)
@given(seeds)
def test_the_covariance_of_most_likelihood_is_that_of_the_data(seed):
    z = normal(seed, 2, 12, 3)
    data = z.mT @ z / 12

    def objective(a):
        return -torch.logdet(a) - (torch.linalg.inv(a) @ data).diagonal(dim1=-2, dim2=-1).sum(-1)

    close(optimise(objective, begin(SPD, seed, 2, 3, 3), SPD, True, seed), data)


@quick
@given(seeds)
def test_on_the_sphere_a_linear_form_is_largest_along_itself(seed):
    c = normal(seed, 2, 5, 1)
    close(
        optimise(lambda u: total(c * u), begin(UNIT, seed, 2, 5, 1), UNIT, True, seed), c / c.norm(dim=-2, keepdim=True)
    )


@quick
@given(seeds, st.floats(0.1, 100), st.integers(2, 200))
def test_the_variance_of_most_likelihood_is_found_from_far_away(seed, squares, count):
    start = begin(POSITIVE, seed, 3, 1, 1) * 50
    found = optimise(lambda v: total(-count / 2 * v.log() - squares / (2 * v)), start, POSITIVE, True, seed)
    close(found, torch.full((3, 1, 1), squares / count, dtype=torch.float64))


@settings(max_examples=4)
@given(seeds)
def test_least_squares_over_nonnegative_numbers_agrees_with_trying_every_set_of_zeros(seed):
    x, y = normal(seed, 10, 3), normal(seed + 1, 10, 1)

    def objective(u):
        return total((y - x @ u) ** 2)

    best = None
    for kept in itertools.chain.from_iterable(itertools.combinations(range(3), k) for k in range(4)):
        place = torch.zeros(3, 1, dtype=torch.float64)
        if kept:
            place[list(kept)] = torch.linalg.lstsq(x[:, list(kept)], y).solution
        if bool((place >= 0).all()) and (best is None or objective(place) < objective(best)):
            best = place
    found = optimise(objective, begin(NONNEGATIVE, seed, 3, 1), NONNEGATIVE, False, seed)
    if bool(found.converged):
        assert float((found.place - best).abs().max()) <= float(found.error)
    else:
        assert found.reason == "the best values lie on the edge of the domain"
        slope = stationarity(objective, best, NONNEGATIVE, False)[0]
        assert not bool(((best == 0) & (slope.abs() > 1e-3)).all())


def test_a_bound_that_belongs_to_the_domain_is_reached_and_one_that_does_not_is_named():
    peak = torch.tensor([[1.0], [-2.0], [3.0]], dtype=torch.float64)

    def objective(x):
        return -total((x - peak) ** 2)

    start = begin(POSITIVE, 1, 4, 3, 1)
    found = optimise(objective, start, NONNEGATIVE, True, 0)
    close(found, peak.clamp_min(0).expand(4, 3, 1))
    assert bool((stationarity(objective, found.place, NONNEGATIVE, True)[0].abs() <= 1e-8).all())
    assert bool((curvature(objective, found.place, NONNEGATIVE) < 0).all())
    open_end = optimise(objective, start, POSITIVE, True, 0)
    assert not bool(open_end.converged.any())
    assert open_end.reason == "the best values lie on the edge of the domain"


WITHOUT_OPTIMUM = {
    "linear": (lambda x: total(x * torch.tensor([[1.0], [-2.0], [0.5]])), "the objective grows without bound"),
    "a minimum, where a maximum is asked": (lambda x: total((x - 1) ** 2), "the objective grows without bound"),
    "a saddle": (lambda x: x[..., 0, 0] ** 2 - total(x[..., 1:, :] ** 2), "the objective grows without bound"),
    "flat": (lambda x: -((total(x) - 1) ** 2), "flat along a direction"),
    "constant": (lambda x: 0 * total(x), "flat along a direction"),
    "no curvature at the optimum": (lambda x: -total((x - 1) ** 4), "flat along a direction"),
    "asymptote": (lambda x: -total(torch.exp(-x)), "flat along a direction"),
    "kink": (lambda x: -total((x - 0.3).abs()), "did not converge in 80 steps"),
    "not a number": (lambda x: total((-1 - 0 * x).log()), "the objective is not a finite number"),
    "double well": (lambda x: -total((x**2 - 1) ** 2), "several optima"),
}


@pytest.mark.parametrize("name", WITHOUT_OPTIMUM)
def test_without_one_optimum_nothing_is_called_converged_and_the_reason_is_said(name):
    objective, reason = WITHOUT_OPTIMUM[name]
    found = optimise(objective, normal(0, 2, 3, 1), REAL, True, 0)
    assert not bool(found.converged.any())
    assert bool(found.error.isinf().all())
    assert found.reason == reason


def test_a_start_at_the_very_minimum_or_on_a_saddle_is_left():
    c = normal(4, 2, 5, 1)
    top = c / c.norm(dim=-2, keepdim=True)
    close(optimise(lambda u: total(c * u), -top, UNIT, True, 0), top)

    def valley(x):
        # A saddle at 0; minima on either side, 0 at (1, 0) and more than 0 on the left.
        return (x[..., 0, 0] ** 2 - 1) ** 2 + x[..., 1, 0] ** 2 + 0.5 * (x[..., 0, 0] - 1) ** 2 * x[..., 0, 0] ** 2

    found = optimise(valley, torch.zeros(1, 2, 1, dtype=torch.float64), REAL, False, 0)
    if bool(found.converged):
        assert float(found.place[0, 0, 0]) == pytest.approx(1)
    else:
        assert found.reason == "several optima"


@pytest.mark.parametrize("seed", range(12))
def test_of_two_optima_the_better_is_returned_or_none(seed):
    tilt = 0.1 + 0.1 * seed
    found = optimise(lambda x: -total((x**2 - 1) ** 2 + tilt * x), normal(seed, 1, 1), REAL, True, seed)
    if bool(found.converged):
        assert float(found.place) < -1
    else:
        assert found.reason == "several optima"


def test_two_opposite_unit_vectors_are_several_optima():
    z = normal(3, 2, 9, 4)
    a = z.mT @ z
    found = optimise(lambda u: (u.mT @ a @ u)[..., 0, 0], begin(UNIT, 1, 2, 4, 1), UNIT, True, 0)
    assert found.reason == "several optima"


def test_a_positive_definite_matrix_that_would_have_to_be_singular_is_on_the_edge():
    found = optimise(lambda a: -total((a - 1) ** 2), begin(SPD, 1, 2, 3, 3), SPD, True, 0)
    assert not bool(found.converged.any())
    assert found.reason == "the best values lie on the edge of the domain"


def test_a_logarithm_of_a_positive_number_grows_without_bound():
    found = optimise(lambda x: total(x.log()), begin(POSITIVE, 1, 3, 2, 1), POSITIVE, True, 0)
    assert found.reason == "the objective grows without bound"


def test_the_lead_may_have_any_number_of_axes_and_its_entries_do_not_touch_each_other():
    for lead in ((), (2,), (2, 3)):
        peak = normal(1, *lead, 2, 2)
        start = normal(2, *lead, 2, 2)
        close(optimise(lambda x, peak=peak: -total((x - peak) ** 2), start, REAL, True, 0), peak)


@pytest.mark.parametrize("kind", ["symmetric", "skew", "diagonal"])
def test_matrices_of_a_pattern_keep_it(kind):
    target = normal(5, 2, 3, 3)
    swapped = target.mT
    truth = {"symmetric": (target + swapped) / 2, "skew": (target - swapped) / 2, "diagonal": target * torch.eye(3)}[
        kind
    ]
    close(optimise(lambda a: total((a - target) ** 2), begin(Domain(kind), 1, 2, 3, 3), Domain(kind), False, 0), truth)


@pytest.mark.parametrize("kind", ["natural", "integer", "finite", "onehot", "orthogonal"])
def test_domains_without_free_coordinates_are_refused(kind):
    with pytest.raises(NotExact):
        optimise(total, torch.ones(2, 2, dtype=torch.float64), Domain(kind), True, 0)


@quick
@given(seeds, st.floats(0, 4))
def test_the_gradient_is_within_its_bar_at_the_optimum_and_far_above_it_after_half_a_step(seed, condition):
    x, w, y = regression(seed, condition, columns=6)

    def objective(u):
        return -total(w * (y - x @ u) ** 2)

    start = normal(seed, 4, 6, 1)
    best = optimise(objective, start, REAL, True, seed).place
    slope, bar = stationarity(objective, best, REAL)
    # SAFETY is 8 times the scatter of one rounding; the place itself is rounded as well
    assert bool((slope.abs() <= 10 * bar).all())
    halfway, bar = stationarity(objective, (start + best) / 2, REAL)
    assert bool((halfway.abs() > 1000 * bar).flatten(1).any(1).all())
    assert bool((curvature(objective, best, REAL) < 0).all())


def test_multipliers_take_up_the_gradient_at_a_constrained_optimum_and_nowhere_else():
    counts = torch.tensor([[3.0], [10.0], [7.0]], dtype=torch.float64)
    shares = counts / counts.sum()
    slope, bar = stationarity(lambda p: total(counts * p.log()), shares, SIMPLEX)
    assert bool((slope.abs() <= 10 * bar).all())
    wrong = torch.tensor([[0.2], [0.5], [0.3]], dtype=torch.float64)
    slope, bar = stationarity(lambda p: total(counts * p.log()), wrong, SIMPLEX)
    assert bool((slope.abs() > 1000 * bar).any())
    c = normal(1, 4, 1)
    slope, bar = stationarity(lambda u: total(c * u), c / c.norm(), UNIT)
    assert bool((slope.abs() <= 10 * bar).all())


def test_curvature_tells_maximum_minimum_and_saddle_apart_and_knows_the_sphere():
    place = torch.zeros(2, 1, dtype=torch.float64)
    scale = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    assert float(curvature(lambda x: -total(scale * x**2), place, REAL)) == pytest.approx(-2)
    assert float(curvature(lambda x: total(scale * x**2), place, REAL)) == pytest.approx(4)
    saddle = torch.tensor([[1.0], [-2.0]], dtype=torch.float64)
    assert float(curvature(lambda x: total(saddle * x**2), place, REAL)) == pytest.approx(2)
    # On the sphere: xᵀAx at the first axis bends by 2 (a_k − a₁), at a linear form's optimum by −|c|.
    axis = torch.tensor([[1.0], [0.0], [0.0]], dtype=torch.float64)
    a = torch.tensor([[5.0], [3.0], [1.0]], dtype=torch.float64)
    assert float(curvature(lambda u: total(a * u**2), axis, UNIT)) == pytest.approx(-4)
    assert float(curvature(lambda u: total(3 * axis * u), axis, UNIT)) == pytest.approx(-3)
    counts = torch.tensor([[2.0], [2.0]], dtype=torch.float64)
    assert float(
        curvature(lambda p: total(counts * p.log()), torch.full((2, 1), 0.5, dtype=torch.float64), SIMPLEX)
    ) == pytest.approx(-8)


def test_the_same_seed_gives_the_same_numbers():
    x, w, y = regression(9, 2)
    first, again = (
        optimise(lambda u: -total(w * (y - x @ u) ** 2), normal(1, 4, 20, 1), REAL, True, 5) for _ in range(2)
    )
    assert torch.equal(first.place, again.place)
    assert torch.equal(first.error, again.error)
