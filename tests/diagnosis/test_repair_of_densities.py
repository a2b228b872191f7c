"""The single edit that mends a line about densities, moments and solutions."""

import pytest

from derivcheck.config import Settings
from derivcheck.engine import check
from derivcheck.source import Source

MODEL = """Let $u \\in \\mathbb{R}^J$, $\\sigma > 0$, $x^{(i)} \\in \\mathbb{R}^J$ and $z^{(i)} \\in \\mathbb{R}$ for $i = 1, \\dots, N$.

$$ z^{(i)} \\sim \\mathcal{N}(0, 1), \\qquad x^{(i)} \\mid z^{(i)} \\sim \\mathcal{N}(z^{(i)} u, \\sigma^2 I) $$

In EM, let $m^{(i)} = \\mathbb{E}[z^{(i)} \\mid x^{(i)}]$ and $s^{(i)} = \\mathbb{E}[(z^{(i)})^2 \\mid x^{(i)}]$.

"""


@pytest.mark.parametrize(
    ("line", "edit"),
    [
        (r"\operatorname{Cov}[x^{(i)}] = u u^\top + \sigma I", "replace `σ` by `σ²`"),
        (r"p(x^{(i)}) = \mathcal{N}(0, u u^\top - \sigma^2 I)", "change the sign of `σ² I`"),
        (r"m^{(i)} = \frac{u^\top x^{(i)}}{u^\top u + \sigma^4}", "replace `σ⁴` by `σ²`"),
        (r"s^{(i)} = \frac{\sigma^2}{u^\top u + \sigma^2} + m^{(i)}", "replace `m⁽ⁱ⁾` by `(m⁽ⁱ⁾)²`"),
        (
            r"\log p(z^{(i)}) = -\frac{1}{2} \log(2 \pi) - (z^{(i)})^2",
            "multiply `(z⁽ⁱ⁾)²` by `1/2`",
        ),
        (
            r"\frac{1}{\sigma^2} \sum_{i=1}^N (m^{(i)} x^{(i)} - s^{(i)} u) = 0 \Rightarrow "
            r"u = \frac{\sum_i m^{(i)} x^{(i)}}{\sum_i (m^{(i)})^2}",
            "replace `(m⁽ⁱ⁾)²` by `s⁽ⁱ⁾`",
        ),
    ],
)
def test_one_edit_mends_it(line: str, edit: str):
    report = check(Source("d.md", f"{MODEL}$$ {line} $$\n"), Settings())
    assert [finding.help.partition(";")[0] for finding in report.findings if finding.help] == [edit]
