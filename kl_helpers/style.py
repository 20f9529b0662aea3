"""The look of every picture."""


def picture_style():
    """Settings for `matplotlib.rc_context`.

    Values, not a style file: a host that replaces Matplotlib's settings by its own (Solara) does
    not convert what a file says. Text is at least 8 pt, which is 11 px at 100 px an inch.

    Returns
    -------
    dict
    """
    from matplotlib import cycler

    colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
    return {
        "figure.dpi": 100.0,
        "figure.facecolor": "white",
        "font.size": 9.5,
        "axes.labelsize": 9.5,
        "axes.titlesize": 10.5,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": "#666666",
        "axes.labelcolor": "#333333",
        "axes.prop_cycle": cycler("color", colors),
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "xtick.color": "#444444",
        "ytick.color": "#444444",
        "lines.linewidth": 2.0,
        "legend.frameon": False,
        "legend.fontsize": 9.5,
        "hatch.linewidth": 0.8,
    }
