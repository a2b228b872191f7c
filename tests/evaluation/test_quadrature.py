"""Quadrature against closed forms: moments, normalisers and their derivatives; the two levels bound the true error."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.evaluation.line import Line
from derivcheck.evaluation.panels import legendre
from derivcheck.evaluation.quadrature import Rule, rule
from derivcheck.language.shapes import Domain

UNIT = Domain("interval", low=0.0, high=1.0)
MOMENTS = (1, 2, 4)


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def log_mass(found: Rule, density):
    return torch.logsumexp(found.log_weights + density(found.nodes), -1)


def integrals(found: Rule, density):
    """The log normaliser and the moments of the first entry."""
    terms = found.log_weights + density(found.nodes)
    mass = torch.logsumexp(terms, -1)
    share = torch.exp(terms - mass[..., None])
    x = found.nodes[..., 0, 0]
    return torch.stack([mass, *((share * x**order).sum(-1) for order in MOMENTS)], -1)


def levels(density, lead, domain, rows=1):
    """The integrals of both levels; both must have settled."""
    rules = [rule(density, lead, rows, domain, level) for level in (0, 1)]
    assert all(found.settled for found in rules)
    assert all(found.nodes.shape[:-3] == lead and found.nodes.shape[-2:] == (rows, 1) for found in rules)
    assert all(found.log_weights.shape == found.nodes.shape[:-2] for found in rules)
    return [integrals(found, density) for found in rules]


def relative(one, other, scale):
    return float(((one - other).abs() / scale).amax())


def agree(density, exact, lead, domain, rows=1, tolerance=1e-13):
    """Both levels are right, and the true error is within the bar and what rounding does, in every entry."""
    exact = torch.stack([torch.as_tensor(part, dtype=torch.float64).expand(lead) for part in exact], -1)
    scale = exact.abs().clamp_min(1e-3)
    scale[..., 0] = scale[..., 0].clamp_min(1.0)  # of a logarithm: the mass's own relative error
    first, second = levels(density, lead, domain, rows)
    assert relative(first, exact, scale) < tolerance
    assert relative(second, exact, scale) < tolerance
    bar = (first - second).abs() / scale
    assert bool(((first - exact).abs() / scale <= 3 * bar + 3e-14).all())


def draw(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gaussian(mean, width):
    return lambda z: -0.5 * ((z[..., 0, 0] - mean[..., None]) / width[..., None]) ** 2


def gaussian_integrals(mean, width):
    return [
        torch.log(width * math.sqrt(2 * math.pi)),
        mean,
        mean**2 + width**2,
        mean**4 + 6 * mean**2 * width**2 + 3 * width**4,
    ]


def gamma(shape, rate):
    return lambda z: (shape[..., None] - 1) * torch.log(z[..., 0, 0]) - rate[..., None] * z[..., 0, 0]


def gamma_integrals(a, rate):
    moments = [a, a * (a + 1), a * (a + 1) * (a + 2) * (a + 3)]
    mass = torch.lgamma(a) - a * torch.log(rate)
    return [mass, *(part / rate**order for part, order in zip(moments, MOMENTS, strict=True))]


def beta(a, b):
    return lambda z: (a[..., None] - 1) * torch.log(z[..., 0, 0]) + (b[..., None] - 1) * torch.log1p(-z[..., 0, 0])


def beta_integrals(a, total):
    """Of a Dirichlet's first entry, whose parameters sum to ``total``; the normaliser is the caller's."""
    moment, found = torch.ones_like(a), []
    for order in range(4):
        moment = moment * (a + order) / (total + order)
        found.append(moment)
    return [found[0], found[1], found[3]]


@pytest.mark.parametrize("seed", range(3))
def test_a_normal_density_has_its_normaliser_and_moments(seed):
    mean, width = draw(seed, 4, 5) * 10, torch.exp(draw(seed + 100, 4, 5) * 2)
    agree(gaussian(mean, width), gaussian_integrals(mean, width), (4, 5), Domain())


@pytest.mark.parametrize("kind", ["real", "positive"])
def test_a_peak_of_width_1e_4_at_50_is_found_and_keeps_its_figures(kind):
    mean, width = 50 + draw(1, 20), torch.full((20,), 1e-4, dtype=torch.float64)
    agree(gaussian(mean, width), gaussian_integrals(mean, width), (20,), Domain(kind))
    variance = [
        (
            (found.nodes[..., 0, 0] - mean[:, None]) ** 2
            * torch.exp(found.log_weights + gaussian(mean, width)(found.nodes))
        ).sum(-1)
        / (width**3 * math.sqrt(2 * math.pi))
        for found in (rule(gaussian(mean, width), (20,), 1, Domain(kind), level) for level in (0, 1))
    ]
    assert all(float((part - 1).abs().amax()) < 1e-13 for part in variance)


def test_two_peaks_of_unlike_width_far_apart_are_both_found():
    centre = draw(2, 6) * 20

    def density(z):
        x = z[..., 0, 0] - centre[..., None]
        return torch.logaddexp(math.log(3.0) - 0.5 * ((x - 30) / 0.1) ** 2, math.log(0.7 / 3) - 0.5 * (x / 3) ** 2)

    tall = gaussian_integrals(centre + 30, tensor(0.1))
    wide = gaussian_integrals(centre, tensor(3.0))
    mixed = [0.3 * one + 0.7 * other for one, other in zip(tall[1:], wide[1:], strict=True)]
    agree(density, [math.log(2 * math.pi) / 2, *mixed], (6,), Domain())


@pytest.mark.parametrize("seed", range(12))
def test_of_a_mixture_a_peak_of_a_thousandth_of_the_width_is_found_wherever_it_is(seed):
    source = torch.Generator().manual_seed(seed)
    share, place, log_ratio = torch.rand(3, generator=source, dtype=torch.float64).tolist()
    share, place, width = 0.05 + 0.9 * share, -12 + 24 * place, 10 ** (-3 * log_ratio)

    def density(nodes):
        x = nodes[..., 0, 0]
        wide = math.log(share) - x**2 / 2
        narrow = math.log(1 - share) - ((x - place) / width) ** 2 / 2 - math.log(width)
        return torch.logaddexp(wide, narrow) - math.log(2 * math.pi) / 2

    for level in (0, 1):
        found = integrals(rule(density, (1,), 1, Domain(), level, several=True), density)[0]
        second = share + (1 - share) * (place**2 + width**2)
        expected = tensor(0.0, (1 - share) * place, second)
        assert torch.allclose(found[:3], expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("seed", range(3))
def test_a_gamma_density_also_with_a_pole_at_0(seed):
    shape, rate = 0.1 + torch.exp(draw(seed, 4, 5) * 1.2), torch.exp(draw(seed + 9, 4, 5) * 2)
    agree(gamma(shape, rate), gamma_integrals(shape, rate), (4, 5), Domain("positive"))


def test_the_same_on_the_negative_half_line():
    shape, rate = torch.exp(draw(4, 9)), torch.exp(draw(5, 9))
    exact = gamma_integrals(shape, rate)
    exact[1] = -exact[1]
    agree(lambda z: gamma(shape, rate)(-z), exact, (9,), Domain("negative"))


@pytest.mark.parametrize("kind", ["nonnegative", "real"])
def test_an_exponential_density_also_where_its_support_is_not_declared(kind):
    rate = torch.exp(draw(3, 20) * 2)

    def density(z):
        return torch.where(z[..., 0, 0] >= 0, -rate[..., None] * z[..., 0, 0], math.nan)

    agree(density, gamma_integrals(torch.ones(20, dtype=torch.float64), rate), (20,), Domain(kind))


@pytest.mark.parametrize("seed", range(3))
def test_a_beta_density_also_with_a_pole_at_0(seed):
    a, b = 0.2 + 10 * torch.sigmoid(draw(seed, 4, 5) * 3), 1 + 10 * torch.sigmoid(draw(seed + 9, 4, 5) * 3)
    mass = torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)
    agree(beta(a, b), [mass, *beta_integrals(a, a + b)], (4, 5), UNIT)


def test_a_log_normal_density():
    mean, width = draw(6, 12), torch.exp(draw(7, 12) * 0.3)
    moments = [torch.exp(order * mean + (order * width) ** 2 / 2) for order in MOMENTS]

    def density(z):
        log = torch.log(z[..., 0, 0])
        return -log - 0.5 * ((log - mean[..., None]) / width[..., None]) ** 2

    agree(density, [torch.log(width * math.sqrt(2 * math.pi)), *moments], (12,), Domain("positive"))


def test_a_kink_and_jumps_anywhere():
    place, width = draw(8, 12) * 10, 3 + torch.exp(draw(9, 12))

    def laplace(z):
        return -(z[..., 0, 0] - place[..., None]).abs() / width[..., None]

    def uniform(z):
        return torch.where((z[..., 0, 0] - place[..., None]).abs() < width[..., None], 0.0, -math.inf)

    log_width = torch.log(2 * width)
    squares = place**2, width**2
    fourth = squares[0] ** 2 + 12 * squares[0] * squares[1] + 24 * squares[1] ** 2
    agree(laplace, [log_width, place, squares[0] + 2 * squares[1], fourth], (12,), Domain())
    fourth = squares[0] ** 2 + 2 * squares[0] * squares[1] + squares[1] ** 2 / 5
    agree(uniform, [log_width, place, squares[0] + squares[1] / 3, fourth], (12,), Domain())


@pytest.mark.parametrize("freedom", [1.0, 2.0, 3.0, 10.0])
def test_the_normaliser_of_a_heavy_tail(freedom):
    place, width = draw(1, 10) * 10, torch.exp(draw(2, 10) * 2)

    def density(z):
        return -(freedom + 1) / 2 * torch.log1p(((z[..., 0, 0] - place[..., None]) / width[..., None]) ** 2 / freedom)

    exact = (
        torch.log(width) + 0.5 * math.log(freedom * math.pi) + math.lgamma(freedom / 2) - math.lgamma(freedom / 2 + 0.5)
    )
    for found in (rule(density, (10,), 1, Domain(), level) for level in (0, 1)):
        assert found.settled
        assert float((log_mass(found, density) - exact).abs().amax()) < 1e-13


def test_a_density_that_cannot_be_integrated_is_not_settled():
    assert not rule(lambda z: -0.5 * torch.log1p(z[..., 0, 0] ** 2), (), 1, Domain(), 0).settled
    assert not rule(lambda z: 0 * z[..., 0, 0], (2,), 1, Domain("positive"), 0).settled
    assert not rule(lambda z: -torch.log1p(z[..., 0, 0]), (), 1, Domain("natural"), 0).settled


def test_mass_below_the_smallest_numbers_is_not_settled_and_its_bar_says_so():
    shape, rate = tensor(0.01, 0.03), tensor(2.0, 0.3)
    rules = [rule(gamma(shape, rate), (2,), 1, Domain("positive"), level) for level in (0, 1)]
    assert not any(found.settled for found in rules)
    first, second = (log_mass(found, gamma(shape, rate)) for found in rules)
    exact = gamma_integrals(shape, rate)[0]
    assert bool(((first - exact).abs() > 1e-10).all())
    assert bool(((first - exact).abs() < 3 * (first - second).abs()).all())


def test_a_pole_at_an_end_that_is_not_0_is_not_settled_and_its_bar_says_so():
    half = tensor(0.5)
    rules = [rule(beta(half, half), (1,), 1, UNIT, level) for level in (0, 1)]
    assert not any(found.settled for found in rules)
    first, second = (float(log_mass(found, beta(half, half))) for found in rules)
    assert 1e-10 < abs(first - math.log(math.pi)) < 3 * abs(first - second)


@settings(max_examples=60)
@given(
    st.floats(-300, 300), st.floats(-5, 4), st.floats(-300, 300), st.floats(-1, 3), st.floats(-3, 3), st.integers(0, 2)
)
def test_the_true_error_is_within_the_bar(mean, log_width, other, log_other, log_ratio, which):
    """Normal, skewed and two-peaked densities of any place and width: error ≤ 3 |I₀ − I₁| + rounding."""
    mean, width = tensor(mean), torch.exp(tensor(log_width))
    if which == 0:
        density, exact, domain = gaussian(mean, width), gaussian_integrals(mean, width), Domain()
    elif which == 1:
        shape = torch.exp(tensor(log_ratio))
        density, exact, domain = gamma(shape, width), gamma_integrals(shape, width), Domain("positive")
    else:
        # The narrower of two peaks is seen when it is not narrower than the scan is fine.
        other, wide, width = tensor(other), torch.exp(tensor(log_other)), torch.exp(tensor(log_other / 2))
        share = torch.sigmoid(tensor(log_ratio))

        def density(z):
            one, two = gaussian(mean, width)(z), gaussian(other, wide)(z)
            return torch.logaddexp(one + torch.log(share / width), two + torch.log((1 - share) / wide))

        parts = gaussian_integrals(mean, width)[1:], gaussian_integrals(other, wide)[1:]
        exact = [tensor(math.log(2 * math.pi) / 2)]
        exact += [share * one + (1 - share) * two for one, two in zip(*parts, strict=True)]
        domain = Domain()
    exact = torch.stack(exact, -1)
    results = [integrals(rule(density, (1,), 1, domain, level), density) for level in (0, 1)]
    # A peak of width w at m has its own log density known to about eps |m|/w only, when m is not a number exactly.
    scale = exact.abs().clamp_min(float((width**2).clamp_max(1.0)))
    rounding = 1e-13 + 4e-16 * exact[..., :1].abs() / scale
    assert bool(((results[0] - exact).abs() / scale <= 3 * (results[0] - results[1]).abs() / scale + rounding).all())


@pytest.mark.parametrize("level", [0, 1])
def test_the_derivative_of_a_normaliser_is_that_of_its_closed_form(level):
    shape = (0.1 + torch.exp(draw(1, 4, 5))).requires_grad_()
    rate = torch.exp(draw(2, 4, 5)).requires_grad_()
    found = rule(gamma(shape, rate), (4, 5), 1, Domain("positive"), level)
    assert not found.nodes.requires_grad
    assert not found.log_weights.requires_grad
    slopes = torch.autograd.grad(log_mass(found, gamma(shape, rate)).sum(), (shape, rate))
    exact = torch.digamma(shape) - torch.log(rate), -shape / rate
    assert all(
        relative(a, b.detach(), b.detach().abs().clamp_min(0.1)) < 1e-12 for a, b in zip(slopes, exact, strict=True)
    )


def test_a_rule_on_a_part_of_the_line_is_caught_by_comparing_levels():
    mean, width = draw(3, 8), torch.exp(draw(4, 8))
    density = gaussian(mean, width)
    whole = integrals(rule(density, (8,), 1, Domain(), 1), density)

    def within(z):
        return torch.where((z[..., 0, 0] - mean[:, None]).abs() < 3 * width[:, None], density(z), -math.inf)

    part = integrals(rule(within, (8,), 1, Domain(), 0), within)
    assert bool(((part - whole).abs()[:, 0] > 2e-3).all())
    coarse = tensor(*range(-6, 7)).expand(8, -1) * 1.5 * width[:, None] + mean[:, None]
    planted = Rule(coarse[..., None, None], torch.log(1.5 * width)[:, None].expand(8, 13), True)
    assert bool(((integrals(planted, density) - whole).abs()[:, 0] > 1e-5).all())


def test_levels_share_no_node():
    density = gaussian(tensor(0.3), tensor(2.0))
    first, second = (set(rule(density, (1,), 1, Domain(), level).nodes.flatten().tolist()) for level in (0, 1))
    assert len(first & second) <= 1


def test_entries_that_need_fewer_nodes_are_filled_up_with_weight_0_at_a_place_of_finite_density():
    rate = tensor(1.0, 1.0)

    def density(z):
        x = z[..., 0, 0]
        kinked = torch.where(x > 0.37, -(x - 0.37) * rate[:, None], math.nan)
        return torch.stack((kinked[0], -0.5 * x[1] ** 2))

    found = rule(density, (2,), 1, Domain(), 0)
    assert bool(found.log_weights.isneginf().any())
    assert bool(density(found.nodes).isfinite().all())
    assert float((log_mass(found, density) - tensor(0.0, math.log(2 * math.pi) / 2)).abs().amax()) < 1e-13


def test_whole_numbers_are_summed_to_where_the_tail_has_no_weight():
    rate = torch.exp(draw(3, 4, 5) * 2) * 10
    moments = [rate, rate + rate**2, rate**4 + 6 * rate**3 + 7 * rate**2 + rate]
    agree(
        lambda z: z[..., 0, 0] * torch.log(rate)[..., None] - torch.lgamma(z[..., 0, 0] + 1) - rate[..., None],
        [torch.zeros(4, 5), *moments], (4, 5), Domain("natural"), tolerance=2e-14 * float(rate.log().max() * rate.max()) / 4,
    )  # fmt: skip


def test_a_geometric_law_on_all_whole_numbers():
    share = tensor(0.2, 0.9, 0.999)
    found = rule(lambda z: z[..., 0, 0].abs() * torch.log(share)[:, None], (3,), 1, Domain("integer"), 0)
    mass = log_mass(found, lambda z: z[..., 0, 0].abs() * torch.log(share)[:, None])
    assert found.settled
    assert float((mass - torch.log((1 + share) / (1 - share))).abs().amax()) < 1e-12


@pytest.mark.parametrize(
    ("domain", "rows", "members"),
    [
        (Domain("finite", values=(0, 1)), 1, [[0], [1]]),
        (Domain("finite", low=1.0, high=3.0), 1, [[1], [2], [3]]),  # type: ignore[arg-type]
        (Domain("finite", values=(0, 1)), 2, [[0, 0], [0, 1], [1, 0], [1, 1]]),
        (Domain("onehot"), 3, [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    ],
)
def test_a_finite_domain_is_enumerated(domain, rows, members):
    found = rule(lambda z: z.sum((-1, -2)), (2,), rows, domain, 0)
    assert found.settled
    assert found.nodes[1, ..., 0].tolist() == members
    assert not bool(found.log_weights.any())


def test_the_evidence_of_counts_with_a_gamma_prior():
    a, b, count = tensor(2.5), tensor(0.7), tensor(3.0, 0.0, 7.0, 2.0)
    total, times = count.sum(), len(count)

    def joint(z):
        x = z[..., 0]
        prior = a * torch.log(b) - torch.lgamma(a) + (a - 1) * torch.log(x) - b * x
        return (prior + (count * torch.log(x) - x - torch.lgamma(count + 1)).sum(-1, keepdim=True))[..., 0]

    exact = a * torch.log(b) - torch.lgamma(a) + torch.lgamma(a + total) - (a + total) * torch.log(b + times)
    exact = exact - torch.lgamma(count + 1).sum()
    for level in (0, 1):
        assert float((log_mass(rule(joint, (1,), 1, Domain("positive"), level), joint) - exact).abs()) < 1e-13


@pytest.mark.parametrize(("rows", "lead"), [(2, (4, 5)), (3, (3,))])
def test_a_correlated_gaussian_vector(rows, lead):
    root, mean = draw(rows, *lead, rows, rows), draw(rows + 5, *lead, rows, 1) * 5
    covariance = root @ root.mT + 0.1 * torch.eye(rows, dtype=torch.float64)
    precision = torch.linalg.inv(covariance)

    def density(z):
        off = z - mean.unsqueeze(-3)
        return -0.5 * (off.mT @ precision.unsqueeze(-3) @ off)[..., 0, 0]

    first, width = mean[..., 0, 0], covariance[..., 0, 0].sqrt()
    mass = 0.5 * torch.linalg.slogdet(2 * math.pi * covariance).logabsdet
    agree(density, [mass, *gaussian_integrals(first, width)[1:]], lead, Domain(), rows, tolerance=2e-13)


def test_a_pair_of_gaussian_vectors_far_apart():
    def density(z):
        x = z[..., 0]
        return torch.logaddexp(-0.5 * ((x - 4) ** 2).sum(-1), -0.5 * (((x + 4) / 2) ** 2).sum(-1))

    results = [rule(density, (1,), 2, Domain(), level) for level in (0, 1)]
    errors = [abs(float(log_mass(found, density)) - math.log(10 * math.pi)) for found in results]
    assert all(not found.settled or error < 1e-12 for found, error in zip(results, errors, strict=True))


@pytest.mark.parametrize("rows", [2, 3])
def test_a_dirichlet_density_on_the_simplex(rows):
    a = 1 + 4 * torch.sigmoid(draw(rows, 3, rows) * 2)
    mass = torch.lgamma(a).sum(-1) - torch.lgamma(a.sum(-1))
    agree(
        lambda z: ((a.unsqueeze(-2) - 1) * torch.log(z[..., 0])).sum(-1),
        [mass, *beta_integrals(a[..., 0], a.sum(-1))], (3,), Domain("simplex"), rows, tolerance=5e-13,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("domain", "rows"),
    [(Domain(), 5), (Domain("spd"), 2), (Domain("unit"), 3), (Domain("natural"), 2), (Domain("orthogonal"), 1)],
)
def test_what_cannot_be_integrated_is_named(domain, rows):
    with pytest.raises(NotExact, match=r"^a(n integral| sum) "):
        rule(lambda z: -(z * z).sum((-1, -2)), (1,), rows, domain, 0)


def test_a_density_that_is_nowhere_finite_is_named():
    with pytest.raises(NotExact, match="0 or not finite"):
        rule(lambda z: z[..., 0, 0] * math.nan, (2,), 1, Domain(), 0)


@pytest.mark.parametrize("count", [16, 22, 28])
def test_gauss_legendre_is_exact_to_its_degree_and_its_slopes_are_derivatives(count):
    basis = legendre(count)
    powers = torch.arange(2 * count, dtype=torch.float64)
    sums = (basis.weights[:, None] * basis.places[:, None] ** powers).sum(0)
    assert float((sums - 1 / (powers + 1)).abs().amax()) < 1e-15
    slopes = basis.slopes @ basis.places**5
    assert float((slopes - 5 * basis.places**4).abs().amax()) < 1e-11


@pytest.mark.parametrize("line", [Line(None, None), Line(0.0, None), Line(None, 3.0), Line(-2.0, 5.0), Line(-1.0, 0.0)])
def test_a_step_along_a_line_is_as_long_as_it_says(line):
    start = tensor(0.7 if line.low == 0 else -0.7)
    for step in (-20.0, -1.0, -1e-9, 1e-9, 0.3, 2.0, 20.0):
        moved = line.forward(start, tensor(step))
        assert float(line.distance(start, moved)) == pytest.approx(step, rel=1e-6)
