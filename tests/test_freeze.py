"""Frozen frames: those of the scene, in any order, with all that a text or a button names."""

import json
import re
from itertools import pairwise

import pytest

from kl_course.scene import Scene
from tools import cells, lessons
from web import freeze

NOTEBOOKS = sorted((freeze.ROOT / "notebooks").glob("*.ipynb"))
SCENES = lessons.scene_names()
SMALL, LARGE = freeze.SIZES[-1], freeze.SIZES[0]
# A hatch, markers, the states of a game, a swap, dots, a landscape.
VARIED = ("pmf_pair", "leads", "draw_q", "two_normals", "chance", "two_directions")


def some(plan, every):
    """A plan with few frames."""
    plan.settings = plan.settings[::every]
    return plan


@pytest.mark.slow
@pytest.mark.parametrize("decimals", [1, 2])
@pytest.mark.parametrize("name", VARIED)
def test_a_decoded_frame_is_the_frame_of_its_setting(name, decimals):
    scene = lessons.scene(name)
    plan = some(freeze.Plan(scene, SMALL), 7)
    plan.settings = plan.settings[:40]
    data = freeze.encode(scene, plan, freeze.render(scene, plan.settings), decimals)
    head, frames = freeze.decode(data)
    assert len(frames) == len(plan.settings)
    for state, at, text in frames:
        setting = {n: head["stops"][n][i] for n, i in zip(head["stops"], at, strict=True)}
        whole = freeze.full(scene, state, setting)
        frame = scene.frame(**whole)
        svg, readout, places = text.split("\n")
        exact = scene.svg(frame)
        if decimals == 2:
            assert svg == re.sub(r"-(0\.00)(?!\d)", r"\1", exact)
        corners = [
            [
                float(n)
                for n in re.findall(r"-?\d+\.\d+", " ".join(re.findall(r' d="([^"]*)', each)))
            ]
            for each in (svg, exact)
        ]
        off = max(abs(a - b) for a, b in zip(*corners, strict=True))
        assert off <= 0.5 * 10.0**-decimals + 1e-9
        lines = [tuple(line) for row in json.loads(readout)["rows"] for line in row]
        assert lines == scene.lines(frame)
        assert json.loads(readout)["notes"] == [note for note in frame.notes if note]
        assert set(json.loads(places)) == {handle.name for handle in scene.handles}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["samples", "cross_entropy", "draw_q"])
def test_the_order_of_rendering_leaves_no_trace(name):
    scene = lessons.scene(name)
    plan = some(freeze.Plan(scene, SMALL), 23)
    there = freeze.render(scene, plan.settings)
    back = freeze.render(scene, plan.settings[::-1])
    first, second = (freeze.encode(scene, plan, frames, 1) for frames in (there, back))
    assert first == second
    assert first[4:8] == bytes(4)  # gzip's field for the time


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("name", SCENES)
def test_a_grid_holds_the_start_the_presets_and_what_the_texts_name(name, size):
    scene = lessons.scene(name)
    plan = freeze.Plan(scene, size)
    keys = {(state, *setting.values()) for state, setting in plan.settings}
    assert len(keys) == len(plan.settings)
    start = {n: scene.start[n] for n in plan.sliders}
    assert plan.settings[0] == (0, start)
    named = lessons.frames().get(f"explore_{name}", [])
    for setting in named:
        assert setting.keys() <= plan.sliders.keys(), setting
    for setting in (*scene.presets.values(), *named):
        assert (0, *(start | setting).values()) in keys, setting
    for setting in (start, *scene.presets.values()):
        if scene.swap:
            assert (0, *freeze.swapped(scene, start | setting).values()) in keys
    first, second = scene.pair_of_sliders
    for a in plan.stops[first]:
        for b in plan.stops[second]:
            assert (0, *(start | {first: a, second: b}).values()) in keys
    for slider in plan.sliders.values():
        stops = plan.stops[slider.name]
        if slider.handle:
            assert (stops[0], stops[-1]) == slider.ends
        asked = {key[1 + [*plan.sliders].index(slider.name)] for key in keys}
        for stop in stops:
            slider.check(stop)
            assert stop in asked, slider.name


@pytest.mark.parametrize("name", SCENES)
def test_a_slider_has_stops_enough_and_more_where_there_is_room(name):
    plans = [freeze.Plan(lessons.scene(name), size) for size in freeze.SIZES]
    for plan in plans:
        for slider in plan.sliders.values():
            if slider.handle:
                enough = min(freeze.FEWEST, len(slider.stops))
                assert len(plan.stops[slider.name]) >= enough, (plan.size, slider.name)
    for slider in plans[0].sliders:
        assert len(plans[0].stops[slider]) >= len(plans[-1].stops[slider]), slider


@pytest.mark.parametrize("name", SCENES)
def test_steps_are_even_but_at_the_ends_and_at_named_values(name):
    plan = freeze.Plan(lessons.scene(name), LARGE)
    for slider in plan.sliders.values():
        if slider.options or not slider.handle:
            continue
        needed = {base[slider.name] for base in plan.bases} | set(slider.ends)
        pairs = [pair for pair in lessons.scene(name).swap if slider.name in pair]
        needed |= {base[other] for base in plan.bases for pair in pairs for other in pair}
        even = [stop for stop in plan.stops[slider.name] if stop not in needed]
        widest = max(b - a for a, b in pairwise(plan.stops[slider.name]))
        steps = [(b - a) / widest for a, b in pairwise(even)]
        assert all(abs(step - round(step)) < 1e-6 for step in steps), slider.name


def texts():
    """The text of each notebook, and the names of the scenes that it shows."""
    for path in NOTEBOOKS:
        book = cells.read(path).cells
        shown = {cells.explorer_of(cell) for cell in book} - {None}
        text = " ".join(" ".join(cell.source for cell in book).split())
        yield text, sorted(name.removeprefix("explore_") for name in shown)


def test_what_the_texts_name_is_frozen():
    """Every number that directly follows a slider's bold label."""
    number = r"(?:to|from|at|is|=)? ?([−-]?\d+(?:\.\d+)?(?:e-\d+)?)(?![\d.]*\d)"
    found = 0
    for text, shown in texts():
        plans = [freeze.Plan(lessons.scene(name), SMALL) for name in shown]
        labels = {slider.label for plan in plans for slider in plan.sliders.values()}
        for label in labels:
            stops = {
                stop
                for plan in plans
                for slider in plan.sliders.values()
                if slider.label == label
                for stop in plan.stops[slider.name]
            }
            for value in re.findall(rf"\*\*{re.escape(label)}\*\* {number}", text):
                found += 1
                assert float(value.replace("−", "-")) in stops, (shown, label, value)
    assert found >= 10


@pytest.mark.parametrize("name", SCENES)
def test_the_pair_of_sliders_can_slide(name):
    scene = lessons.scene(name)
    handles = [slider.name for slider in scene.sliders if slider.handle and slider.shown]
    assert set(scene.pair_of_sliders) <= set(handles)
    assert len(set(scene.pair_of_sliders)) == 2


def test_which_two_sliders_slide_together():
    assert lessons.scene("two_normals").pair_of_sliders == ("mu_q", "sigma_q")
    assert lessons.scene("gibbs").pair_of_sliders == ("p_heads", "q_heads")
    assert lessons.scene("errors").pair_of_sliders == ("t", "n")
    assert isinstance(lessons.scene("errors"), Scene)


@pytest.mark.parametrize(
    "piece",
    [
        '<path d="M1.00 -2.05L 3.00 4.00 500.25 6.00Z" fill="none"/>',
        '<path d="M1.0 2.0M3.0 4.0M5.0 6.0M7.0 8.0M0 0" marker-start="url(#a-1)"/>',
        '<path d="M1.00 2.00Q 3.00 4.00 5.00 6.00C 1.00 2.00 3.00 4.00 5.00 6.00Z"/>',
        '<path d="M1.00 2.00"/>',
        '<text x="1.00" y="2.00">d = 3.00</text>',
        '"D(p‖q) = "',
    ],
)
def test_a_piece_comes_back_as_it_was(piece):
    decimals = 1 if "M1.0 " in piece else 2
    packed = freeze.pack(piece)
    assert "\n" not in packed
    assert freeze.unpack(packed, decimals) == piece


def test_no_outline_has_a_minus_nought():
    assert freeze.shortened('<path d="M-0.04 -1.25L 2.00 -0.00"/>', 1) == (
        '<path d="M0.0 -1.2L 2.0 0.0"/>'
    )
    assert freeze.shortened('<path d="M-0.04 1.00" stroke-width="1.25"/>', 2) == (
        '<path d="M-0.04 1.00" stroke-width="1.25"/>'
    )


def planted(folder, **changed):
    """The sources below that folder, some of them with other contents."""
    files = {
        "kl_helpers/_report.py": "report",
        "kl_helpers/divergences.py": "mathematics",
        "kl_course/checks/codes.py": "check",
        "kl_course/explorers/codes.py": "explorer",
        "kl_helpers/style.py": "style",
        "web/freeze.py": "format",
        "web/site.py": "site",
    }
    for name, text in (files | changed).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return freeze.sources(folder)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("kl_helpers/_report.py", False),
        ("kl_course/checks/codes.py", False),
        ("web/site.py", False),
        ("kl_helpers/divergences.py", True),
        ("kl_course/explorers/codes.py", True),
        ("kl_course/explorers/new.py", True),
        ("kl_helpers/style.py", True),
        ("web/freeze.py", True),
    ],
)
def test_frames_are_made_anew_when_a_file_that_draws_them_changes(name, counts, tmp_path):
    before = freeze.key_of({}, planted(tmp_path), {})
    assert freeze.key_of({}, planted(tmp_path), {}) == before
    assert (freeze.key_of({}, planted(tmp_path, **{name: "changed"}), {}) != before) == counts


def test_frames_are_made_anew_when_a_version_or_what_a_notebook_asks_for_changes():
    ways = [
        ({"numpy": "2.4.6"}, {"a.py": b"a"}, {"explore_a": [{"mu": 1}]}),
        ({"numpy": "2.4.7"}, {"a.py": b"a"}, {"explore_a": [{"mu": 1}]}),
        ({"numpy": "2.4.6"}, {"b.py": b"a"}, {"explore_a": [{"mu": 1}]}),
        ({"numpy": "2.4.6"}, {"a.py": b"a"}, {"explore_a": [{"mu": 2}]}),
    ]
    assert len({freeze.key_of(*way) for way in ways}) == len(ways)


def test_the_course_is_drawn_by_its_own_files_and_by_libraries():
    found = freeze.sources(freeze.ROOT)
    assert {"kl_helpers/divergences.py", "kl_course/scene.py", "web/freeze.py"} < found.keys()
    assert not any("checks" in name or "_report" in name for name in found)
    assert {"numpy", "scipy", "matplotlib"} < set(freeze.DRAWN_WITH)


def test_a_placeholder_shows_the_picture_and_says_what_it_shows():
    html = freeze.placeholder("two_normals", "../frozen", "live.html?a=1&b=2")
    assert 'data-src="../frozen/two_normals"' in html
    assert 'src="../frozen/two_normals.webp"' in html
    assert 'srcset="../frozen/two_normals-narrow.webp"' in html
    scene = lessons.scene("two_normals")
    assert scene.alt in html
    assert html.count('class="kl-row"') == len(scene.sliders)
    assert all(f"<button>{label}</button>" in html for label in (*scene.presets, "Reset"))
    assert all(number in html for _, number in scene.lines(scene.frame()))
    assert "live.html?a=1&amp;b=2" in html


def test_an_unknown_name_is_said(tmp_path):
    with pytest.raises(ValueError, match=r"no explorer is called \['two'\]; there are"):
        freeze.freeze_all(tmp_path, ["two"])


@pytest.mark.slow
def test_a_small_explorer_is_frozen_from_end_to_end(tmp_path):
    said = []
    freeze.freeze_all(tmp_path, ["drift"], said.append)
    names = {path.name for path in tmp_path.iterdir()}
    files = {f"drift{end}.{kind}" for end in ("", "-narrow") for kind in ("json.gz", "webp")}
    assert names == files | {path.name for path in freeze.SHOWS}
    assert said[0].startswith(" 1 of 1: drift")
    assert "MB in" in said[1]
    head, frames = freeze.decode((tmp_path / "drift.json.gz").read_bytes())
    assert len(frames) > 50
    assert head["buttons"]["Reset"] == {"reset": True}
    narrow, others = freeze.decode((tmp_path / "drift-narrow.json.gz").read_bytes())
    assert (head["layout"], narrow["layout"]) == ("wide", "narrow")
    assert {
        **narrow,
        **{key: head[key] for key in ("layout", "still", "pieces", "decimals")},
    } == head
    for (state, at, wide), (other, place, small) in zip(frames, others, strict=True):
        assert (state, at, wide.split("\n")[1]) == (other, place, small.split("\n")[1])


SAID_OTHERWISE = {("10-geometry.ipynb", "log_step", -1)}  # "keep δ = 0.1"


def numbers_of(notebook):
    """All numbers in its text cells; a percentage as a share, too."""
    text = " ".join(
        cells.source_of(cell) for cell in notebook.cells if cell.cell_type == "markdown"
    )
    text = text.replace("−", "-")
    numbers = re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?", text)
    shares = re.findall(r"(\d+) ?%", text)
    return {*map(float, numbers), *(float(share) / 100 for share in shares)}


@pytest.mark.parametrize("path", lessons.notebooks(), ids=lambda path: path.stem)
def test_what_a_page_must_have_ready_is_a_number_of_the_text(path):
    notebook = cells.read(path)
    named = {
        (path.name, slider, value)
        for cell in notebook.cells
        for setting in cells.frames_of(cell)
        for slider, value in setting.items()
    }
    said = numbers_of(notebook)
    assert {each for each in named if each[2] not in said} <= SAID_OTHERWISE
