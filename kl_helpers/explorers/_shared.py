"""What several explorers share: labels, sliders, notes."""

import math

import ipywidgets as widgets
import numpy as np
from scipy.special import ndtr
from traitlets import CFloat, CInt, Int

from kl_helpers.plots import COLORS

FORWARD, BACKWARD, BITS = "D_KL(p‖q)", "D_KL(q‖p)", "D_KL(p‖q), base 2"

SLIDER = {"width": "auto"}
SWAP_NORMALS = (("mu_p", "mu_q"), ("sigma_p", "sigma_q"))


# ipywidgets sends every value back, so that a slider follows on other pages that show the same
# kernel. These sliders do without: it is one of the four messages of an event.


class FloatSlider(widgets.FloatSlider):
    """A slider of numbers."""

    value = CFloat(0.0).tag(sync=True, echo_update=False)


class IntSlider(widgets.IntSlider):
    """A slider of whole numbers."""

    value = CInt(0).tag(sync=True, echo_update=False)


class SelectionSlider(widgets.SelectionSlider):
    """A slider of labelled values."""

    index = Int(None, allow_none=True).tag(sync=True, echo_update=False)


def slider_style(who=None):
    style = {"description_width": "70px"}
    return style | {"handle_color": COLORS[who]} if who else style


def normal_controls(mu, sigma, p, q, digits=2):
    """Sliders for two normals: `mu`, `sigma` as (min, max, step), `p` and `q` start at (μ, σ)."""

    def slider(symbol, who, value, low, high, step):
        return FloatSlider(
            value,
            min=low,
            max=high,
            step=step,
            description=f"{symbol} of {who}",
            readout_format=f".{digits}f",
            style=slider_style(who),
            layout=SLIDER,
        )

    return {
        "mu_p": slider("μ", "p", p[0], *mu),
        "mu_q": slider("μ", "q", q[0], *mu),
        "sigma_p": slider("σ", "p", p[1], *sigma),
        "sigma_q": slider("σ", "q", q[1], *sigma),
    }


def choice_slider(label, options, value):
    return SelectionSlider(
        options=[(f"{option:g}", option) for option in options],
        value=value,
        description=label,
        style=slider_style(),
        layout=SLIDER,
    )


def normal_pdf(x, mu, sigma):
    return np.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))


def cut_note(what, value, limit, unit):
    """A note on a value that leaves the picture; empty where it does not."""
    return f"{what} leaves the picture: it reaches {value:.1f} {unit}." if value > limit else ""


def outside_note(who, x, mu, sigma):
    """A note on the mass of a normal outside the grid `x`; empty below 1 %."""
    mass = ndtr((x[0] - mu) / sigma) + ndtr((mu - x[-1]) / sigma)
    return f"{mass:.0%} of {who} lies outside the picture." if mass >= 0.01 else ""
