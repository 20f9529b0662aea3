"""The explorers of notebook 08: a Huffman code built live, and a code book that is wrong."""

import numpy as np

from kl_course.engine import as_explorer
from kl_course.explorers._shared import (
    FORWARD,
    draw_bars,
    height_of,
    layout_bars,
    weight_handles,
    weight_sliders,
    weight_values,
)
from kl_course.models._shared import values_of
from kl_course.models.codes import code_words, huffman_lengths, mean_length
from kl_course.plots import (
    COLORS,
    add_key,
    is_narrow,
    label_axes,
    lay_out_panels,
    plot_bars,
    plot_line,
    plot_text,
)
from kl_course.scene import Frame, Scene
from kl_helpers.divergences import cross_entropy, entropy, kl_divergence

MOST = 20  # the largest weight
CEILING = 6.6  # bits; log₂ 81 = 6.34 is the longest that −log₂ of a weight's share gets


@as_explorer
def explore_code():
    """A distribution of five messages whose bars are dragged, and its Huffman code.

    The sliders are weights; the picture shows each divided by their sum.

    Returns
    -------
    Explorer
        Controls ``p_sun``, ``p_cloud``, ``p_rain``, ``p_fog``, ``p_snow``.
    """
    messages = ("sun", "cloud", "rain", "fog", "snow")
    ideal_look = {"color": COLORS["ink"], "linestyle": ":", "linewidth": 1.8}

    def compute(**weights):
        counts = values_of(weights, "p", messages)
        p, lengths = counts / counts.sum(), huffman_lengths(counts)
        values = {
            "H(p)": entropy(p, base=2),
            "D(p‖2^−length)": kl_divergence(p, 2.0**-lengths, base=2),
            "average length": mean_length(p, lengths),
        }
        data = {"p": p, "lengths": lengths, "words": code_words(lengths)}
        return Frame(values, data, [_silent(messages, p)])

    def layout(figure):
        bars, areas = _lay_out_panels(figure, top=0.96)
        _layout_bars(bars, messages)
        _layout_areas(areas, "length in bits")
        add_key(areas, {"p": "codeword", "−log₂ p": ideal_look}, filled=True)
        return bars, areas

    def draw(axes, p, lengths, words):
        bars, areas = axes
        draw_bars(bars, "p", p, _short(p), alone=True)
        _draw_words(bars, words)
        edges = np.r_[0, np.cumsum(p)]
        plot_bars(areas, edges[:-1], 0, p, np.where(p > 0, lengths, 0), "p")
        sent = p > 0
        steps = np.column_stack([edges[:-1], edges[1:]])[sent].ravel()
        plot_line(areas, steps, np.repeat(-np.log2(p[sent]), 2) + 0.0, "ideal", **ideal_look)
        _draw_names(areas, messages, p)

    return Scene(
        "code",
        "Bars of p over five kinds of weather with their codewords, and for each a box as wide as "
        "its probability and as high as its codeword is long, beside the length −log₂ p.",
        sliders=weight_sliders(messages, MOST, p=(7, 5, 4, 3, 1)),
        compute=compute,
        layout=layout,
        draw=draw,
        units={"H(p)": "bits", "D(p‖2^−length)": "bits", "average length": "bits"},
        presets={
            "Halves": weight_values(messages, p=(16, 8, 4, 2, 2)),
            "All alike": weight_values(messages, p=(4, 4, 4, 4, 4)),
            "Nearly always sun": weight_values(messages, p=(20, 1, 0, 0, 0)),
        },
        handles=weight_handles(messages, p=0.0),
        narrow_height=430,
    )


@as_explorer
def explore_code_book():
    """Messages from p, coded with a book made for q: what each costs, and what all cost together.

    The sliders are weights; the picture shows each divided by their sum.

    Returns
    -------
    Explorer
        Controls ``p_sun``, ``q_sun``, ``p_cloud``, ``q_cloud``, ``p_rain``, ``q_rain``, ``p_fog``,
        ``q_fog``.
    """
    messages = ("sun", "cloud", "rain", "fog")
    own, other = "Huffman, p's book", "Huffman, q's book"

    def compute(**weights):
        counts = {who: values_of(weights, who, messages) for who in "pq"}
        p, q = (c / c.sum() for c in counts.values())
        lengths = {who: huffman_lengths(c) for who, c in counts.items()}
        values = {
            "H(p)": entropy(p, base=2),
            FORWARD: kl_divergence(p, q, base=2),
            "H(p, q)": cross_entropy(p, q, base=2),
            own: mean_length(p, lengths["p"]),
            other: mean_length(p, lengths["q"]),
        }
        missing = [m for m, *pq in zip(messages, p, q, strict=True) if pq[0] > 0 == pq[1]]
        notes = []
        if missing:
            names = " and ".join(missing)
            notes.append(f"q's book has no codeword for {names}, which p sends: ∞ bits.")
        if values["H(p, q)"] == 0:
            notes.append("Nothing but sun, and q's book knows it: no bit is needed.")
        return Frame(values, {"p": p, "q": q, "words": code_words(lengths["q"])}, notes)

    def layout(figure):
        bars, areas = _lay_out_panels(figure, top=0.935)
        _layout_bars(bars, messages)
        add_key(bars, {"p": "p, sent", "q": "q, the book"}, filled=True)
        _layout_areas(areas, "−log₂ of the share, in bits")
        names = {"p": "in both books", "gain": "longer in q's", "loss": "shorter in q's"}
        add_key(areas, names, filled=True, most=2)
        return bars, areas

    def draw(axes, p, q, words):
        bars, areas = axes
        draw_bars(bars, "p", p, _short(p))
        draw_bars(bars, "q", q, _short(q))
        _draw_words(bars, words)
        _draw_names(areas, messages, p)
        _draw_costs(areas, p, q)

    start = {"p": (8, 4, 2, 2), "q": (2, 8, 2, 4)}
    return Scene(
        "code_book",
        "Bars of p and q over four kinds of weather with the codewords of q's book, and for each a "
        "box as wide as its p: the length −log₂ p, and how far −log₂ q lies above or below it.",
        sliders=weight_sliders(messages, MOST, **start),
        compute=compute,
        layout=layout,
        draw=draw,
        units=dict.fromkeys(("H(p)", FORWARD, "H(p, q)", own, other), "bits"),
        presets={
            "Right book": weight_values(messages, p=start["p"], q=start["p"]),
            "Book without fog": weight_values(messages, p=start["p"], q=(8, 4, 4, 0)),
            "Never fog": weight_values(messages, p=(8, 4, 4, 0), q=start["p"]),
        },
        handles=weight_handles(messages, p=-0.2, q=0.2),
        swap=[(f"p_{m}", f"q_{m}") for m in messages],
        rows=(3, 2),
        narrow_height=450,
    )


def _silent(messages, p):
    silent = [message for message, mass in zip(messages, p, strict=True) if mass == 0]
    return f"Never sent, and without a codeword: {', '.join(silent)}." if silent else ""


def _lay_out_panels(figure, top):
    """Axes for the bars and for the boxes; between them in the narrow picture names and words."""
    wide, narrow = (0.07, 0.16, 0.98, 0.88, 0.2), (0.14, 0.11, 0.98, top, 0.62)
    ratios = 1, 1.25
    return lay_out_panels(figure, 2, wide=wide, narrow=narrow, ratios=ratios, heights=ratios)


def _layout_bars(ax, messages):
    layout_bars(ax, messages, y="probability", ylim=(0, 1.2 if is_narrow(ax.figure) else 1.1))
    ax.tick_params(axis="x", pad=6)  # points; room for the handle of a bar of height 0


def _layout_areas(ax, y):
    x = "width: the probability; area: bits a message"
    label_axes(ax, x=x, y=y, xlim=(0, 1), ylim=(0, CEILING))
    ax.set_xticks(np.arange(0, 1.01, 0.1), [""] * 11)
    ax.xaxis.labelpad = 12  # below the names


def _short(pmf):
    """Probabilities without their leading 0, which five bars have no room for."""
    return [f"{mass:.2f}".lstrip("0") if mass < 1 else "1" for mass in pmf]


def _draw_costs(ax, p, q):
    """A box as wide as p for each message: −log₂ p high, and what −log₂ q adds or takes away."""
    left = np.r_[0, np.cumsum(p)[:-1]]
    with np.errstate(divide="ignore"):
        right, wrong = -np.log2(p) + 0.0, -np.log2(q) + 0.0
    right, wrong = (np.where(p > 0, np.minimum(cost, CEILING), 0) for cost in (right, wrong))
    plot_bars(ax, left, 0, p, np.minimum(right, wrong), "p")
    plot_bars(ax, left, right, p, np.maximum(wrong - right, 0), "gain")
    plot_bars(ax, left, wrong, p, np.maximum(right - wrong, 0), "loss")
    for i, place in enumerate(left + p / 2):
        text = "∞" if p[i] > 0 == q[i] else ""
        plot_text(ax, place, CEILING - 0.6, text, f"cost {i}", ha="center")


def _draw_words(ax, words):
    """The codewords below the names; a message that is all there is needs no bit."""
    below = max(0.165, height_of(ax, 36))
    for i, word in enumerate(words):
        text = "–" if word is None else word or "(no bit)"
        plot_text(ax, i, -below, text, f"word {i}", ha="center", family="monospace")


def _draw_names(ax, messages, p):
    """The names below the boxes that are wide enough for them."""
    middle, below = np.cumsum(p) - p / 2, max(0.5, height_of(ax, 17))
    for i, message in enumerate(messages):
        text = message if p[i] >= 0.08 else ""
        plot_text(ax, middle[i], -below, text, f"name {i}", ha="center")
