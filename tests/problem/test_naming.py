"""Names that a line brings into being by a power, behind their use, at a chain's end, or as noise that is added."""

import pytest

from derivcheck.config import Settings
from derivcheck.engine import check
from derivcheck.source import Source
from tests.problem.asking import outcomes

LET = "Let $a, b, c > 0$ and $A \\in \\mathbb{R}^{n \\times n}$ with $A \\succ 0$.\n\n"


@pytest.mark.parametrize(
    ("named", "right", "wrong"),
    [
        (r"S^{-1} = A + I", r"S (A + I) = I", r"S = A + I"),
        (r"s_n^2 = a + b", r"s_n = \sqrt{a + b}", r"s_n = a + b"),
        (r"\frac{1}{v} = \frac{1}{a} + \frac{1}{b}", r"v = \frac{a b}{a + b}", r"v = a + b"),
        (r"\frac{1}{t_n^2} = \frac{1}{a^2} + \frac{1}{b^2}", r"t_n^2 = \frac{a^2 b^2}{a^2 + b^2}", r"t_n = a + b"),
        (r"w^{-2} = a b", r"w = \frac{1}{\sqrt{a b}}", r"w = a b"),
    ],
)
def test_a_power_of_a_new_name_says_what_the_name_is(named: str, right: str, wrong: str):
    assert outcomes(f"{LET}$$ {named} $$\n\n$$ {right} $$\n") == ["holds"]
    assert outcomes(f"{LET}$$ {named} $$\n\n$$ {wrong} $$\n") == ["wrong"]


def test_a_power_of_a_declared_name_stays_a_claim():
    assert outcomes(f"{LET}$$ a^2 = b^2 $$\n") == ["wrong"]


def test_a_name_may_be_explained_behind_its_use():
    assert outcomes(f"{LET}$$ a + b = s, \\quad s = a + b $$\n") == ["holds"]
    assert outcomes(f"{LET}$$ (a + b)^2 = s^2 + t $$\n\nwhere $s = a + b$. Here $t = 0$.\n") == ["holds"]
    assert outcomes(f"{LET}$$ (a + b)^2 = s^2 + t $$\n\nwhere $s = a + b$. Here $t = a b$.\n") == ["wrong"]


def test_what_is_never_explained_is_reported():
    report = check(Source("d.md", f"{LET}$$ a + b = s + N_3 $$\n"), Settings())
    assert [finding.code for finding in report.findings] == ["unknown-name"]


def test_a_new_name_at_the_end_of_a_chain_names_what_stands_before_it():
    head = f"{LET}$$ (a + b)^2 = a^2 + 2 a b + b^2 = \\bar{{q}} $$\n\n"
    assert outcomes(f"{head}$$ \\bar{{q}} - b^2 = a (a + 2 b) $$\n") == ["holds", "holds"]
    assert outcomes(f"{head}$$ \\bar{{q}} - b^2 = a (a + b) $$\n") == ["holds", "wrong"]


def test_an_estimate_behind_an_arrow_solves_the_equation_before_it():
    rows = f"{LET}$$ \\frac{{a}}{{x}} - b = 0 \\;\\Rightarrow\\; \\hat{{x}} = {{}} $$\n".replace(
        "a, b, c", "a, b, c, x"
    )
    assert outcomes(rows.replace("{}", r"\frac{a}{b}")) == ["holds"]
    assert outcomes(rows.replace("{}", r"\frac{b}{a}")) == ["wrong"]


def test_the_power_inside_diag_is_that_of_the_entries():
    text = "Let $s \\in \\mathbb{R}^n$.\n\n$$ \\operatorname{tr} \\operatorname{diag}(s^2) = {} $$\n"
    assert outcomes(text.replace("{}", "s^\\top s")) == ["holds"]
    assert outcomes(text.replace("{}", "\\|s\\|")) == ["wrong"]


NOISE = """Let $W \\in \\mathbb{R}^{D \\times K}$, $\\mu \\in \\mathbb{R}^D$, $\\sigma > 0$ and $z \\in \\mathbb{R}^K$.

$$ x = W z + \\mu + \\epsilon, \\qquad z \\sim \\mathcal{N}(0, I), \\qquad \\epsilon \\sim \\mathcal{N}(0, \\sigma^2 I) $$

$$ {claim} $$
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"p(x) = \mathcal{N}(x; \mu, W W^\top + \sigma^2 I)", r"p(x) = \mathcal{N}(x; \mu, W W^\top + \sigma I)"),
        (r"p(x \mid z) = \mathcal{N}(W z + \mu, \sigma^2 I)", r"p(x \mid z) = \mathcal{N}(W z - \mu, \sigma^2 I)"),
        (r"\mathbb{E}[\epsilon] = 0", r"\mathbb{E}[\epsilon] = \mu"),
        (r"\operatorname{Cov}[\epsilon] = \sigma^2 I", r"\operatorname{Cov}[\epsilon] = \sigma I"),
        (r"\mathbb{E}[x] = \mu", r"\mathbb{E}[x] = W \mu"),
    ],
)
def test_noise_that_is_added_makes_a_random_value(right: str, wrong: str):
    for seed in range(3):
        assert outcomes(NOISE.replace("{claim}", right), seed) == ["holds"]
    if "W \\mu" not in wrong:
        assert outcomes(NOISE.replace("{claim}", wrong)) == ["wrong"]


def test_noise_may_be_subtracted_and_belong_to_a_family():
    text = (
        "Let $w, f_n \\in \\mathbb{R}^D$ for $n = 1, \\dots, N$, $t_n \\in \\mathbb{R}$ and $v > 0$.\n\n"
        "$$ t_n = w^\\top f_n - e_n, \\qquad e_n \\sim \\mathcal{N}(1, v) $$\n\n"
        "$$ \\log p(t_n) = -\\frac{1}{2 v} (w^\\top f_n - t_n - 1)^2 - \\frac{1}{2} \\log 2 \\pi v $$\n"
    )
    assert outcomes(text) == ["holds"]
    assert outcomes(text.replace("t_n - 1)^2", "t_n + 1)^2")) == ["wrong"]


def test_a_chain_over_time_is_not_followed_for_ever():
    text = (
        "Let $a \\in \\mathbb{R}$ and $x_t \\in \\mathbb{R}$ for $t = 1, \\dots, T$.\n\n"
        "$$ x_t \\mid x_{t-1} \\sim \\mathcal{N}(a x_{t-1}, 1) $$\n\n$$ \\mathbb{E}[x_t] = 0 $$\n"
    )
    assert outcomes(text) == ["not checked"]


def test_q_may_be_stated_before_the_prior():
    text = (
        "Let $m, z \\in \\mathbb{R}^K$.\n\n$$ q(z) = \\mathcal{N}(z; m, I), \\qquad p(z) = \\mathcal{N}(z; 0, I) $$\n\n"
        "$$ \\operatorname{KL}(q(z) \\,\\|\\, p(z)) = \\frac{1}{2} m^\\top m $$\n"
    )
    assert outcomes(text) == ["holds"]
    assert outcomes(text.replace("\\frac{1}{2} m^\\top m $$", "m^\\top m $$")) == ["wrong"]


def test_an_update_of_which_nothing_is_claimed_is_told():
    text = (
        "Let $x \\in \\mathbb{R}$ and $a \\in \\mathbb{R}$.\n\n$$ x \\sim \\mathcal{N}(a, 1) $$\n\n"
        "$$ a^{new} = 2 x $$\n\n$$ \\log p(x) = -\\frac{1}{2} (x - a)^2 - \\frac{1}{2} \\log 2 \\pi $$\n"
    )
    notes = [finding.message for finding in check(Source("d.md", text), Settings()).findings]
    assert len(notes) == 1
    assert "is read as a definition" in notes[0]
    assert "\\arg\\max_{a}" in notes[0]


@pytest.mark.parametrize(
    ("declared", "slope"),
    [
        (
            r"\sigma^2 > 0",
            r"\frac{\partial L}{\partial \sigma^2} = -\frac{n}{2 \sigma^2} + \frac{1}{2 \sigma^4} \sum_i x_i^2",
        ),
        (r"\sigma > 0", r"\frac{\partial L}{\partial \sigma} = -\frac{n}{\sigma} + \frac{1}{\sigma^3} \sum_i x_i^2"),
    ],
)
def test_an_estimate_of_a_square_solves_for_the_square(declared: str, slope: str):
    text = (
        f"Let $x_1, \\dots, x_n \\in \\mathbb{{R}}$ and ${declared}$.\n\n"
        "$$ L = -\\frac{n}{2} \\log \\sigma^2 - \\frac{1}{2 \\sigma^2} \\sum_{i=1}^n x_i^2 $$\n\n"
        f"$$ {slope} = 0 \\implies \\hat\\sigma^2 = \\frac{{1}}{{n}} \\sum_{{i=1}}^n x_i^2 $$\n"
    )
    assert outcomes(text) == ["holds", "holds"]
    assert outcomes(text.replace("\\frac{1}{n} \\sum", "\\frac{1}{n - 1} \\sum")) == ["holds", "wrong"]


def test_a_new_name_at_a_chains_end_that_stands_nowhere_else_is_told():
    report = check(Source("d.md", f"{LET}$$ (a + b)^2 = a^2 + 2 a b + b^2 = q $$\n"), Settings())
    assert ["stands nowhere else" in finding.message for finding in report.findings] == [True]
    report = check(
        Source("d.md", f"{LET}$$ (a + b)^2 = a^2 + 2 a b + b^2 = q $$\n\n$$ q - b^2 = a (a + 2 b) $$"), Settings()
    )
    assert report.findings == ()
