"""The explorer of notebook 00: two normals, both directions."""

from operator import itemgetter

import numpy as np

from kl_course.engine import as_explorer
from kl_course.explorers._shared import (
    BACKWARD,
    FORWARD,
    SWAP_NORMALS,
    cut_note,
    normal_handles,
    normal_sliders,
    outside_note,
)
from kl_course.models._shared import normal_pdf
from kl_course.plots import (
    COLORS,
    add_key,
    label_axes,
    lay_out_panels,
    plot_bars,
    plot_density,
    plot_text,
)
from kl_course.scene import Frame, Scene, format_number
from kl_helpers.distributions import kl_normal


@as_explorer
def explore_two_normals():
    """Two normal distributions and the divergence in both directions, in nats.

    Returns
    -------
    Explorer
        Controls ``mu_p``, ``sigma_p``, ``mu_q``, ``sigma_q``.
    """
    x = np.linspace(-8, 8, 401)
    scale, top = 7.0, 0.6  # ends of the axes: nats of a bar, density

    def compute(mu_p, sigma_p, mu_q, sigma_q):
        forward = kl_normal(mu_p, sigma_p, mu_q, sigma_q)
        backward = kl_normal(mu_q, sigma_q, mu_p, sigma_p)
        data = {
            "p": normal_pdf(x, mu_p, sigma_p),
            "q": normal_pdf(x, mu_q, sigma_q),
            "bars": (forward, backward),
        }
        values = {FORWARD: forward, BACKWARD: backward}
        notes = [
            cut_note("A bar", max(forward, backward), scale, "nats"),
            cut_note("A curve", normal_pdf(0, 0, min(sigma_p, sigma_q)), top, "in density"),
            outside_note("p", x, mu_p, sigma_p),
            outside_note("q", x, mu_q, sigma_q),
        ]
        return Frame(values, data, notes)

    def layout(figure):
        densities, bars = lay_out_panels(
            figure,
            2,
            wide=(0.07, 0.14, 0.98, 0.88, 0.16),
            narrow=(0.145, 0.113, 0.97, 0.936, 0.55),
            ratios=(2.4, 1),
            heights=(1.9, 1),
        )
        label_axes(densities, x="x (minutes late)", y="density", xlim=(-8, 8), ylim=(0, top))
        add_key(densities, {"p": "p", "q": "q"})
        label_axes(bars, x="nats", title="The two directions", xlim=(0, scale), ylim=(0, 2))
        bars.set_yticks([])
        bars.spines["left"].set_visible(False)
        return densities, bars

    def draw(axes, p, q, bars):
        plot_density(axes[0], x, p, "p")
        plot_density(axes[0], x, q, "q")
        rows = (("p", 1.15, FORWARD, bars[0]), ("q", 0.15, BACKWARD, bars[1]))
        for who, bottom, name, value in rows:
            plot_bars(axes[1], 0, bottom, min(value, scale), 0.45, who)
            arrow = " →" if value > scale else ""
            text = f"{name} = {format_number(value)}{arrow}"
            plot_text(axes[1], 0, bottom + 0.52, text, f"{who} value", color=COLORS["ink"])

    return Scene(
        "two_normals",
        "Two normal densities p and q over x, and a bar for each direction of the divergence.",
        sliders=normal_sliders(mu=(-3, 3, 0.1), sigma=(0.5, 3, 0.05), p=(0, 1), q=(1, 1)),
        compute=compute,
        layout=layout,
        draw=draw,
        presets={
            "Same": {"mu_p": 0, "sigma_p": 1, "mu_q": 0, "sigma_q": 1},
            "Shifted": {"mu_p": 0, "sigma_p": 1, "mu_q": 2, "sigma_q": 1},
            "Narrow p, wide q": {"mu_p": 0, "sigma_p": 0.5, "mu_q": 0, "sigma_q": 2},
        },
        handles=normal_handles(itemgetter(0), "p", "q"),
        swap=SWAP_NORMALS,
        note_lines=3,
        narrow_height=390,
    )
