"""What several explorers share: labels, sliders, handles, bars, notes."""

from operator import itemgetter

import numpy as np
from scipy.special import ndtr

from kl_course.models._shared import normal_pdf, weight_for_share
from kl_course.plots import is_narrow, label_axes, plot_bars, plot_text
from kl_course.scene import INCH, Handle, Slider

FORWARD, BACKWARD, BITS = "D(p‖q)", "D(q‖p)", "D(p‖q), base 2"

SWAP_NORMALS = (("mu_p", "mu_q"), ("sigma_p", "sigma_q"))


def normal_sliders(mu, sigma, digits=2, **starts):
    """Sliders for normals: `mu`, `sigma` as (low, high, step), and who="p" or "q" at (μ, σ)."""
    return [
        Slider(f"{name}_{who}", f"{symbol} of {who}", at[i], *ends, who=who, digits=digits)
        for i, (name, symbol, ends) in enumerate((("mu", "μ", mu), ("sigma", "σ", sigma)))
        for who, at in starts.items()
    ]


def normal_handles(axes, *whose):
    """Handles of normal densities: the peak moves μ, the flank one σ to its right moves σ."""

    def handles(who):
        mu, sigma = f"mu_{who}", f"sigma_{who}"

        def on_the_curve(setting, z):
            m, s = setting.get(mu, 0.0), setting[sigma]
            return m + z * s, normal_pdf(z, 0, 1) / s

        yield Handle(
            f"{who} peak",
            axes,
            lambda setting: on_the_curve(setting, 0.0),
            lambda _, x, y: {mu: x},
            who,
        )
        yield Handle(
            f"{who} flank",
            axes,
            lambda setting: on_the_curve(setting, 1.0),
            lambda setting, x, y: {sigma: x - setting[mu]},
            who,
        )

    return [handle for who in whose for handle in handles(who)]


def weight_sliders(outcomes, most, **start):
    """Sliders of whole weights up to `most`, outcome by outcome; start as in ``p=(5, 3, 2)``."""
    return [
        # The first weight is at least 1: there is always a sum to divide by.
        Slider(f"{who}_{name}", f"{who}: {name}", row[i], int(i == 0), most, 1, who=who, whole=True)
        for i, name in enumerate(outcomes)
        for who, row in start.items()
    ]


def weight_values(outcomes, **rows):
    """Values of such sliders, for a preset."""
    return {
        f"{who}_{name}": weight
        for who, row in rows.items()
        for name, weight in zip(outcomes, row, strict=True)
    }


def weight_handles(outcomes, **shifts):
    """Handles on the tops of bars, `shifts` beside their outcomes; each moves its weight."""

    def handle(who, i, shift):
        names = [f"{who}_{outcome}" for outcome in outcomes]
        own = names[i]

        def place(setting):
            return i + shift, setting[own] / sum(setting[name] for name in names)

        def move(setting, x, y):
            others = sum(setting[name] for name in names if name != own)
            return {own: weight_for_share(y, others)}

        return Handle(own, itemgetter(0), place, move, who)

    return [handle(who, i, at) for who, at in shifts.items() for i in range(len(outcomes))]


def layout_bars(ax, outcomes, **labels):
    """Give the axes of bars the names of the outcomes; `labels` go to `label_axes`."""
    label_axes(ax, xlim=(-0.6, len(outcomes) - 0.4), **labels)
    ax.set_xticks(range(len(outcomes)), outcomes)
    ax.tick_params(axis="x", length=0)


def draw_bars(ax, who, tops, texts, *, bottom=0, gap=0.04, alone=False):
    """Draw a bar for each outcome, a text `gap` above it: p beside q, or `alone` in the middle.

    The gap of a narrow picture is as large as a ring on the bar.
    """
    if is_narrow(ax.figure):
        gap = max(gap, height_of(ax, 12))
    left, width = (-0.35, 0.7) if alone else ({"p": -0.38, "q": 0.02}[who], 0.36)
    place = np.arange(len(tops)) + left
    plot_bars(ax, place, bottom, width, np.subtract(tops, bottom), who)
    for i, (top, text) in enumerate(zip(tops, texts, strict=True)):
        plot_text(ax, place[i] + width / 2, top + gap, text, f"{who} {i}", ha="center")


def height_of(ax, pixels):
    """So many CSS pixels, from below to above, in units of the y axis."""
    share = pixels / INCH / ax.figure.get_figheight() / ax.get_position().height
    return share * np.ptp(ax.get_ylim())


def seed_box(start):
    """The number that begins a random stream."""
    return Slider("seed", "seed", start, 0, 9999, 1, whole=True, handle=False)


def cut_note(what, value, limit, unit):
    """A note on a value that leaves the picture; empty where it does not."""
    return f"{what} leaves the picture: it reaches {value:.1f} {unit}." if value > limit else ""


def outside_note(who, x, mu, sigma):
    """A note on the mass of a normal outside the grid `x`; empty below 1 %."""
    mass = ndtr((x[0] - mu) / sigma) + ndtr((mu - x[-1]) / sigma)
    return f"{mass:.0%} of {who} lies outside the picture." if mass >= 0.01 else ""
