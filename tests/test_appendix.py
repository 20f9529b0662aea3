"""The appendix: every sign of the lessons is in it, and every mistake is where it says."""

import importlib
import re
from functools import cache

import nbformat
import numpy as np
import pytest
from scipy.stats import beta

import kl_helpers
from kl_helpers import js_divergence, kl_divergence, kl_mvn
from tools import lessons

(APPENDIX,) = lessons.appendices()
CELLS = {cell.id: cell for cell in nbformat.read(APPENDIX, as_version=4).cells}
LINK = re.compile(r"\[([^]]*)\]\(([^)#]*)#([^)]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
MATH = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)


@cache
def text_of(name):
    """All text of a notebook, outputs and reveals too, with its headings."""
    cells = nbformat.read(lessons.FOLDER / name, as_version=4).cells
    outputs = (
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in cells
        for output in cell.get("outputs", [])
    )
    sources = "\n".join(cell.source for cell in cells)
    return sources, "\n".join(outputs)


def anchor(heading):
    """The id that JupyterLab gives to a heading, as a link writes it."""
    return heading.replace(" ", "-").replace("(", "%28").replace(")", "%29")


@cache
def section(name, hash_):
    """What stands under the heading of that id, up to the next heading of its level or above."""
    found, level = [], None
    for cell in nbformat.read(lessons.FOLDER / name, as_version=4).cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else [cell.source]:
            heading = re.fullmatch(r"(#+) (.+)", line)
            if heading and level and len(heading[1]) <= level:
                return "\n".join(found)
            if heading and anchor(heading[2]) == hash_:
                level = len(heading[1])
            if level:
                found.append(line)
        if level:
            found += [output.get("text", "") for output in cell.get("outputs", [])]
    return "\n".join(found)


def rows(cell_id):
    """The rows of the tables of a cell, each a list of its cells, without the heads."""
    lines = [line for line in CELLS[cell_id].source.splitlines() if line.startswith("|")]
    table = [[part.strip() for part in line.strip("|").split(" | ")] for line in lines]
    heads = {i - 1 for i, row in enumerate(table) if set("".join(row)) <= set("-|")}
    return [row for i, row in enumerate(table) if i not in heads and i - 1 not in heads]


LINKS = [
    (cell_id, *link)
    for cell_id, cell in CELLS.items()
    if cell.cell_type == "markdown"
    for link in LINK.findall(cell.source)
]


@pytest.mark.parametrize("link", LINKS, ids=lambda link: f"{link[2][:2]}#{link[3]}")
def test_each_link_leads_to_one_heading(link):
    _, shown, name, hash_ = link
    headings = HEADING.findall(text_of(name or APPENDIX.name)[0])
    assert [anchor(heading) for heading in headings].count(hash_) == 1
    assert not re.fullmatch(r"\d\d", shown) or name.startswith(shown)


def test_links_to_a_heading_elsewhere_in_the_course_lead_to_one():
    for path in lessons.notebooks():
        for _, name, hash_ in LINK.findall(text_of(path.name)[0]):
            headings = HEADING.findall(text_of(name or path.name)[0])
            assert hash_ in map(anchor, headings), f"{path.name}: {name}#{hash_}"


# --- the symbols

SYMBOLS = ("everywhere", "of-samples", "of-models", "of-codes", "of-relatives")
# What lays out a formula, relates two sides, or says an operation that school has taught.
LAYOUT = set(
    re.findall(
        r"\\\w+",
        r"\Big \big \bigl \bigr \left \right \text \textstyle \mathrm \mathsf \operatorname"
        r" \mathbb \frac \tfrac \sqrt \cdot \cdots \dots \quad \qquad \underbrace \begin \end"
        r" \times \ge \le \approx \sim \to \longrightarrow \Rightarrow \Longleftrightarrow \iff"
        r" \mid \Vert \lvert \rvert \hat \infty",
    )
)
GREEK = {r"\mu": "μ", r"\sigma": "σ", r"\varepsilon": "ε", r"\beta": "β", r"\lambda": "λ"}


def signs(text):
    """Letters and commands of the formulas of a text, words aside."""
    found = set()
    for shown in MATH.findall(text):
        formula = re.sub(r"\\(?:begin|end)\{\w+\}", " ", "".join(shown))
        formula = re.sub(r"\\\\(\[\w+\])?", " ", formula)  # a new line and its distance
        formula = re.sub(r"\\(?:text|mathrm|mathsf|operatorname)\{[^{}$]*\}", " ", formula)
        found |= set(re.findall(r"\\[A-Za-z]+|[A-Za-z]", formula))
    return found - LAYOUT


def in_symbol_tables():
    return set().union(*(signs(row[0]) for cell_id in SYMBOLS for row in rows(cell_id)))


@pytest.mark.parametrize("path", lessons.notebooks(), ids=lambda path: path.stem)
def test_every_sign_of_a_lesson_is_in_the_tables(path):
    cells = nbformat.read(path, as_version=4).cells
    used = set()
    for cell in cells:
        if cell.cell_type == "markdown":
            used |= signs(cell.source)
    known = in_symbol_tables()
    words = {r"\log", r"\ln", r"\exp"}  # of one row
    aside = {"a", "b", "c", "g", "i", "j", "o", "S", "v", "V", "X", "Y", "E"}
    assert used - known - words <= aside


@pytest.mark.parametrize("cell_id", SYMBOLS)
def test_a_symbol_is_used_where_it_is_said_to_be_new(cell_id):
    """Each letter of its first cell stands in the formulas below the headings of its links."""
    for sign, _, meaning, _, first in rows(cell_id):
        below = "\n".join(section(name, hash_) for _, name, hash_ in LINK.findall(first))
        for letter in signs(sign) - {"E"}:
            assert letter in signs(below) or GREEK.get(letter, "?!") in below, (sign, first)
        for word in re.findall(r"[A-Za-z²]{2,}", MATH.sub("", sign)):
            assert word in below, (sign, first)
        assert meaning


def code_names():
    for cell_id in SYMBOLS:
        for row in rows(cell_id):
            yield from re.findall(r"`((?:\w+\.)?\w+)`", row[3])


MODULES = {"codes": "codes", "evidence": "evidence", "geometry": "geometry", "wild": "in_the_wild"}


def test_what_is_named_as_code_is_there():
    named = set(code_names())
    assert len(named) > 25
    for name in named:
        module, _, function = name.rpartition(".")
        if module in MODULES:
            model = importlib.import_module(f"kl_course.models.{MODULES[module]}")
            assert hasattr(model, function), name
        elif function.startswith(("kl_", "entropy", "cross_entropy")):
            assert function in kl_helpers.__all__, name


def test_every_public_quantity_has_its_symbol():
    drawing = {"histogram_frequencies", "kde"}
    assert set(kl_helpers.__all__) - drawing <= set(code_names())


# --- the mistakes

# Item of the list of mistakes -> how its row begins, words under each heading that it links to.
MISTAKES = {
    "forgot dx": ("I summed p·log(p/q)", ["The two letters left out"]),
    "more bins": ("More bins show", ["Finer bins do follow a density better", "more bins, higher"]),
    "an empty bin and a hidden ε": (
        "One bin of q is empty",
        ["That infinity is honest", "A smaller ε is not a better one"],
    ),
    "infinite one way": (
        "It is ∞ one way",
        ["D(q‖p) = 0.5139", "The other way round it is harmless"],
    ),
    "negative: sums": (
        "My divergence is",
        ["The bare formula is negative", "a negative number is a"],
    ),
    "negative: a term": ("One entry", ["a single term may be negative", "99 outcomes can each"]),
    "negative: chance": (
        "My training log",
        ["the average of 200 log-ratios scatters", "its estimates lie on both sides of 0"],
    ),
    "negative: rounding": ("It says −6e−17", ["None, and it has the wrong sign", "no digit right"]),
    "negative: mass dropped": (
        "My divergence is",
        ["has lost its first row", "outweighs the $p$ by at least"],
    ),
    "scipy's entropy normalises": (
        "`scipy.stats.entropy(p, q)`",
        ["SciPy divides both rows by their sums", "rescales whatever does not sum to 1"],
    ),
    "kl_div and rel_entr": ("`special.kl_div`", ["the second adds $q - p$ to each"]),
    "jensenshannon is a root": (
        "`jensenshannon` gives",
        ["`jensenshannon` returns the root", "is the square *root*"],
    ),
    "torch": ("torch's", ["the model comes first, as in torch's `cross_entropy`"]),
    "which is forward": ("Forward is the", ["over whose draws does the average run", "the target"]),
    "negative entropy": ("An entropy below 0", ["the unit moves the floor"]),
    "bits for nats": ("I get 0.84", ["0.8440 bits"]),
    "below the floor": ("My training loss is", ["a model may even beat the truth"]),
    "a codeword of 0.32 bits": ("A codeword", ["one more dry day adds to the length"]),
    "a special case": ("Cross-entropy is a special", ["Cross-entropy is a divergence *plus*"]),
    "k3 always best": ("k3 is unbiased", ["k1: the plain average", "the curve is flat for ever"]),
    "sorted samples": ("A sample sums", ["places on the axis", "A sample is a list of places"]),
    "equal σ": (
        "My example gives",
        ["equal σ hides the difference", "the directions agree exactly when the widths do"],
    ),
    "fewer draws, more divergence": (
        "The smaller data",
        ["bins per draw", "hardly ever comes out at 0"],
    ),
    "a halved sample": ("I halved", ["Do not trust one that stands still"]),
    "infinite without a zero": ("D is infinite only", ["nowhere 0", "Nothing is 0."]),
    "k-NN on few values": ("k-NN needs", ["Data of a few values are not continuous"]),
    "k3 as a loss": ("k3 estimates", ["That of D(π₀‖π), the other direction"]),
    "∞ at once": ("∞ means", ["By the first late train"]),
    "agreement": ("Twenty rolls", ["removes luck and leaves bias", "They do not make it right"]),
    "a loss of 0": ("A loss of 0.50", ["A loss of 0 needs"]),
    "detours": ("Two small steps", ["grows with the *square* of a small step"]),
    "mode-seeking": (
        "Reverse KL seeks",
        ["take a second peak for a reason", "it is the width you start"],
    ),
    "the average lead": ("The average lead", ["148 is the factor of the average lead"]),
    "a rate": ("The bound says", ["It is a *rate*"]),
    "the rule of thumb": ("The PSI is", ["In 28 of 100 cases"]),
}
INDEX = [cell_id for cell_id in CELLS if cell_id.startswith("mistakes")]


def index_rows():
    return [row for cell_id in INDEX for row in rows(cell_id) if len(row) == 3]


@pytest.mark.parametrize("item", MISTAKES)
def test_a_mistake_is_cleared_up_where_the_index_says(item):
    begins, words = MISTAKES[item]
    ((_, _, places),) = (row for row in index_rows() if row[0].startswith(f"“{begins}"))
    found = [section(name, hash_) for _, name, hash_ in LINK.findall(places)]
    assert len(found) == len(words)
    for text, said in zip(found, words, strict=True):
        joined = re.sub(r'"\n\s*r?"', "", text)
        assert said in joined or said.lower() in joined.lower()


def test_every_row_of_the_index_is_held_and_speaks_as_a_learner():
    held = {begins for begins, _ in MISTAKES.values()}
    for said, true, _ in index_rows():
        assert any(said.startswith(f"“{begins}") for begins in held), said
        assert said.endswith(("”", "?”"))
        assert true.endswith(".")


# --- the four without a lesson


def test_an_integral_cut_short_by_hand():
    """For Beta(a, 1) against the uniform, D = log a + (1 − a)/a and a share t^a lies below t."""
    a, t = 0.1, 1e-5
    lost = t**a * (np.log(a) + (1 - a) / a - (1 - a) * np.log(t))  # below t
    whole = np.log(a) + (1 - a) / a
    assert beta(a, 1).cdf(t) == pytest.approx(t**a, rel=1e-12)
    assert f"{t**a:.0%}" == "32%"
    assert f"{whole - lost:.2f} nats" in CELLS["cut-short"].outputs[0]["text"]
    assert f"{whole:.2f} nats" in CELLS["cut-short"].outputs[0]["text"]


def test_a_plane_is_infinitely_far_from_space():
    """As the third column's own noise goes to 0, D grows without bound in both directions."""
    sizes = []
    for noise in (1e-2, 1e-4, 1e-6):
        cov = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 2 + noise]])
        sizes.append(
            (kl_mvn([0] * 3, cov, [0] * 3, np.eye(3)), kl_mvn([0] * 3, np.eye(3), [0] * 3, cov))
        )
    assert np.all(np.diff(sizes, axis=0) > 2)


@pytest.mark.parametrize("seed", range(20))
def test_js_divergence_keeps_its_digits_where_jensenshannon_loses_them(seed):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(5), 1000)
    q = p * (1 + 1e-9 * rng.standard_normal(p.shape))
    q /= q.sum(axis=1, keepdims=True)
    close = np.sum((p - q) ** 2 / p, axis=1) / 8
    assert js_divergence(p, q) == pytest.approx(close, rel=1e-6, abs=0)
    assert np.all(kl_divergence(p, q) > 0)
