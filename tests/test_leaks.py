"""Slider moves leave nothing behind: counted here, weighed by benchmarks/memory.py."""

import gc
from functools import lru_cache

import pytest
from ipywidgets.widgets.widget import _instances
from matplotlib import pyplot

from tools import lessons

pytestmark = pytest.mark.slow
EVENTS = 60  # each explorer, twice
LRU_CACHE = type(lru_cache(int))


def bounded_caches():
    """The caches that forget, among the objects that are not frozen."""
    every = (thing for thing in gc.get_objects() if isinstance(thing, LRU_CACHE))
    return [cache for cache in every if cache.cache_parameters()["maxsize"] is not None]


@pytest.fixture(scope="module")
def caches():
    """What other tests have left is neither counted nor searched, which would take seconds."""
    found = bounded_caches()
    gc.collect()
    gc.freeze()
    yield found
    gc.unfreeze()


def move(explorer, events):
    """Move every control in turn, each through all its values."""
    controls = list(explorer.controls.values())
    for i in range(events):
        control = controls[i % len(controls)]
        stops = control.slider.stops
        control.value = stops[(stops.index(control.value) + 1) % len(stops)]


def counts(explorer, caches):
    """What must not grow: objects, widgets, open figures, artists, length of the message.

    Bounded caches may fill, Matplotlib's of 4096 texts among them: they are emptied before.
    """
    for cache in caches + bounded_caches():
        cache.cache_clear()
    gc.collect()
    explorer.set(**explorer.scene.start)  # a message is as long as what it shows
    return {
        "objects": len(gc.get_objects()),
        "widgets": len(_instances),
        "figures": len(pyplot.get_fignums()),
        "artists": sum(len(ax.get_children()) for ax in explorer.drawing.figure.axes),
        "message": len(explorer.view.moving),
    }


@pytest.mark.parametrize("make", lessons.explorers().values())
def test_events_leave_nothing_behind(make, caches):
    explorer = make()
    move(explorer, EVENTS)  # fills the caches
    before = counts(explorer, caches)
    move(explorer, EVENTS)
    after = counts(explorer, caches)
    assert after["figures"] == 0
    assert after["widgets"] == before["widgets"] > 0
    assert after["artists"] == before["artists"]
    # A leak keeps several objects an event.
    assert after["objects"] - before["objects"] < EVENTS / 2
    assert after["message"] < 1.2 * before["message"]
