"""Without a browser or a port the benchmarks say so in one line, and measure the rest."""

import socket
import sys
from contextlib import closing
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from benchmarks import cold_start, contestants, slider_latency
from tools import driver

SLOW_PAGE = """<body style="height: 90vh"><script>
    const wait = () => { for (const end = performance.now() + 250; performance.now() < end;); };
    window.seen = [];
    for (const type of ['pointerdown', 'pointermove', 'pointerup'])
        window.addEventListener(type, event => { wait(); seen.push([type, event.clientX]); });
</script>"""

LOADED = """async () => {
    while (document.readyState !== 'complete') await new Promise(requestAnimationFrame);
}"""


@pytest.fixture
def no_chromium(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    return "no Chromium found"


@pytest.fixture
def taken_port(monkeypatch):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        monkeypatch.setattr(driver, "free_port", lambda: port)
        yield f"Port {port} cannot be used"


@pytest.fixture(params=["no_chromium", "taken_port"])
def trouble(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def printed_by(monkeypatch, capsys):
    def run(script, *options):
        monkeypatch.setattr(sys, "argv", [script.__name__, *options])
        script.main()
        return capsys.readouterr().out.splitlines()

    return run


def test_sliders_are_measured_in_the_kernel_alone(trouble, printed_by):
    printed = printed_by(slider_latency, "--rounds=1", "--only", "two_normals")
    assert sum(trouble in line for line in printed) == 1
    assert any(line.startswith("| two_normals ") for line in printed)


def test_imports_are_measured_without_a_start(trouble, printed_by, monkeypatch):
    monkeypatch.setattr(cold_start, "import_times", lambda module: [1.0, 1.0])
    printed = printed_by(cold_start, "--rounds=1")
    assert sum(trouble in line for line in printed) == 1
    assert any(line.startswith("| import kl_helpers ") for line in printed)


def test_a_start_that_fails_does_not_take_the_others_with_it(monkeypatch, capsys):
    starts = [RuntimeError("the first"), {"server": 1.0}]

    def start():
        if isinstance(one := starts.pop(0), Exception):
            raise one
        return one

    monkeypatch.setattr(cold_start, "cold_start", start)
    assert cold_start.cold_starts(2) == [{"server": 1.0}]
    assert capsys.readouterr().out.strip() == "A start was not measured: the first"


def test_every_figure_stands_beside_its_ratio_to_the_floor():
    def a_round(step, slow_step, rate, tail):
        times = [step] * 27 + [slow_step] * 3
        parts = dict.fromkeys(slider_latency.PARTS, 0.0)
        steps = [parts | {"whole step": time} for time in times]
        return slider_latency.Round(steps, slow_step, rate, tail)

    explorer = slider_latency.Contestant("explorer")
    before = slider_latency.Contestant("before")
    rounds = {
        before: [a_round(50, 60, 12, 60), None],
        slider_latency.COURSE_FLOOR: [a_round(20, 40, 30, 80), None],
        slider_latency.FLOOR: [a_round(20, 40, 30, 80), a_round(20, 40, 30, 80)],
        explorer: [a_round(25, 60, 24, 60), None],
    }
    name, *figures = slider_latency.latency_row(explorer, rounds)
    assert name == "two_normals (1 of 2 rounds)"
    assert figures == ["25", "1.25", "60", "1.50", "24.0", "0.80", "60", "0.75", "2.4"]
    assert len(slider_latency.LATENCY_HEADER) == 1 + len(figures)
    lines = slider_latency.target_lines(rounds, delay=0)
    assert lines[0].endswith("as before: held, worst 0.50")
    assert "**missed** by two_normals (1.25)" in lines[1]
    assert "**missed** by two_normals (0.80)" in lines[2]
    assert lines[3].endswith("as before: held, worst 1.00")
    lines = slider_latency.target_lines(rounds, delay=0.1)
    assert "**missed** by two_normals (0.50)" in lines[0]
    assert lines[1].endswith("in ms: held, worst 25.00")
    assert "**missed** by two_normals (2.00)" in lines[2]


def test_peers_that_are_missing_are_left_out_in_one_line_each(monkeypatch, capsys):
    for packages in contestants.PEERS.values():
        for package in packages:
            monkeypatch.setitem(sys.modules, package, None)
    ways = {who.way for who in slider_latency.all_contestants(["explorer", "interact"])}
    assert {"floor", "explorer", "interact"} <= ways
    assert not ways & contestants.PEERS.keys()
    said = [line.split(" is left out: ")[0] for line in capsys.readouterr().out.splitlines()]
    assert said == list(contestants.PEERS)


def test_a_drag_does_not_wait_for_a_page_that_is_slow(browser, debugging_port):
    with closing(slider_latency.Tab(debugging_port, f"data:text/html,{quote(SLOW_PAGE)}")) as tab:
        tab.evaluate(LOADED)
        tab.press((10, 50))
        tab.move([(x, 50) for x in range(20, 140, 2)])
        tab.release()
        seen = tab.evaluate("() => seen")
    assert [seen[1], seen[-2], seen[-1]] == [
        ["pointerdown", 10],
        ["pointermove", 138],
        ["pointerup", 138],
    ]
    assert len(seen) < 30  # of 60 moves: a mouse that waits for the page would make them all


def test_playwright_sees_a_tab_only_as_long_as_it_is_asked_to(browser, debugging_port, course):
    page = course / "page.html"
    page.write_text("<title>a page</title>")
    shown = SimpleNamespace(url=page.as_uri())

    def seen_by_default():
        return [page.url for context in browser.contexts for page in context.pages]

    before = seen_by_default()
    with closing(slider_latency.Tab(debugging_port, shown.url)) as tab:
        browser_type = browser.browser_type
        with slider_latency.seen_by_playwright(browser_type, debugging_port, shown) as page:
            assert page.title() == "a page"
        screen = tab.evaluate("() => [innerWidth, innerHeight, devicePixelRatio]")
        assert screen == [*driver.SCREEN.values(), slider_latency.DENSITY]
        assert seen_by_default() == before
    with (
        pytest.raises(ValueError, match="not enough values"),
        slider_latency.seen_by_playwright(browser_type, debugging_port, shown),
    ):
        pass  # the tab is closed


def test_what_fails_in_a_tab_is_said(browser, debugging_port):
    with closing(slider_latency.Tab(debugging_port, "about:blank")) as tab:
        assert tab.evaluate("async () => [1, 'two']") == [1, "two"]
        with pytest.raises(RuntimeError, match="no picture"):
            tab.evaluate("async () => { throw new Error('no picture'); }")
        with pytest.raises(RuntimeError, match="Chromium refused a command"):
            tab.press(("left", 0))


def test_a_chromium_that_cannot_be_reached_costs_one_round(server, capsys):
    port, who = driver.free_port(), slider_latency.COURSE_FLOOR
    assert slider_latency.try_to_measure(None, port, server, who, 0) is None
    (said,) = capsys.readouterr().out.splitlines()
    assert "was not measured in this round" in said
