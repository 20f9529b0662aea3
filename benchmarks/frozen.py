"""How long from an event on a slider to changed pixels, without a kernel: the frozen explorers.

    python -m benchmarks.frozen [--only NAME ...] [--write]

Headless Chromium, a page for each explorer from a local server of files. ``--write`` puts the
table into RESULTS.md.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles

try:
    from playwright.sync_api import sync_playwright
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed: `make bench` installs what this script needs")

from benchmarks.results import RESULTS, installed, machine, table, write_section
from tools import lessons
from tools.driver import chromium, find_chromium, static_host
from web import freeze

ROOT = Path(__file__).resolve().parents[1]

STEPS, EVENTS, TARGET = 40, 60, 1000 / 60  # keys; events of a drag; ms
HEADER = (
    "",
    "step, ms",
    "95th percentile",
    "handler, ms",
    "frames/s in a drag",
    "kernel's step, ms",
)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>bench</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="picture.css">
<script type="module" src="explorers.js"></script><body data-theme="light">{box}</body></html>"""

# From an input event to the end of the first frame that was drawn with what it changed.
METER = """() => {
    const meter = window.meter = {events: [], handlers: [], painted: []};
    const afterRendering = () => new Promise(done => {  // a task, which waits for its turn
        const {port1, port2} = new MessageChannel();
        port1.onmessage = done;
        port2.postMessage(null);
    });
    let at;
    for (const type of ['keydown', 'pointermove'])
        window.addEventListener(type, event => { at = event.timeStamp; }, true);
    window.addEventListener('input', () => { meter.began = performance.now(); }, true);
    new MutationObserver(async () => {
        const event = at;
        meter.handlers.push(performance.now() - meter.began);
        await new Promise(requestAnimationFrame);
        await afterRendering();
        meter.events.push(event);
        meter.painted.push(performance.now());
    }).observe(document.querySelector('.kl-moving'), {childList: true});
}"""


def measure(browser, address):
    """Steps in ms, handlers in ms, and frames a second in a drag, of the explorer of a page."""
    page = browser.new_page()
    page.goto(address)
    page.locator(".kl-explorer").wait_for()
    page.evaluate(METER)
    label = page.locator(".kl-about").text_content().split(" and ")[0]
    handle = page.get_by_role("slider", name=label, exact=True)
    handle.focus()
    key = "ArrowRight"
    for _ in range(STEPS):
        low, now, high = (handle.evaluate(f"n => Number(n.{w})") for w in ("min", "value", "max"))
        key = {high: "ArrowLeft", low: "ArrowRight"}.get(now, key)
        page.keyboard.press(key)
        page.wait_for_timeout(50)
    seen = page.evaluate("meter")
    steps = [b - a for a, b in zip(seen["events"], seen["painted"], strict=True)]
    rate = drag(page, handle)
    page.close()
    return steps, seen["handlers"], rate


def drag(page, handle):
    rail = handle.bounding_box()
    y = rail["y"] + rail["height"] / 2
    page.mouse.move(rail["x"] + rail["width"] / 2, y)
    page.mouse.down()
    page.evaluate("() => { meter.painted = []; meter.events = []; }")
    for i in range(EVENTS):
        part = abs((2 * i / EVENTS) % 2 - 1)
        page.mouse.move(rail["x"] + (0.02 + 0.96 * part) * rail["width"], y)
    page.mouse.up()
    page.wait_for_timeout(200)
    painted = page.evaluate("meter.painted")
    frames = {round(moment / TARGET) for moment in painted}
    return 1000 * (len(frames) - 1) / (painted[-1] - painted[0])


def kernel_steps():
    """Explorer's label -> median step in ms of its live version, as RESULTS.md has it."""
    _, _, text = RESULTS.read_text(encoding="utf-8").partition("<!-- sliders -->")
    return dict(
        re.findall(r"^\| (\w+) +\| +(\d+) \|", text.partition("\n\nWhere")[0], re.MULTILINE)
    )


def report(results):
    kernel = kernel_steps()
    rows = [
        [
            name,
            f"{median(steps):.1f}",
            f"{quantiles(steps, n=20)[-1]:.1f}",
            f"{median(handlers):.1f}",
            f"{rate:.0f}",
            kernel.get(name, "–"),
        ]
        for name, (steps, handlers, rate) in results.items()
    ]
    late = [name for name, (steps, *_) in results.items() if median(steps) > TARGET]
    verdict = f"**missed** by {', '.join(late)}" if late else "held"
    return "\n\n".join([table(HEADER, rows), f"- the median step ≤ 16.7 ms: {verdict}"])


def main():
    """Measure, print, and write RESULTS.md where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="of a scene; all by default")
    parser.add_argument("--folder", help="where freeze.py has written, to save the time")
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    options = parser.parse_args()
    find_chromium()
    names = options.only or lessons.scene_names()
    with tempfile.TemporaryDirectory() as empty, sync_playwright() as playwright:
        folder = Path(options.folder or empty)
        if not options.folder:
            freeze.freeze_all(folder, names)
        results = {}
        with static_host(folder) as address, chromium(playwright) as browser:
            for name in names:
                page = PAGE.format(box=freeze.placeholder(name, "."))
                (folder / "bench.html").write_text(page, encoding="utf-8")
                results[name] = measure(browser, f"{address}/bench.html")
    setup = f"{STEPS} keys and a drag of {EVENTS} events each, on {machine()}; headless Chromium"
    text = f"{setup}; {installed('playwright')}.\n\n{report(results)}"
    print(text)
    if options.write:
        write_section("frozen", text)


if __name__ == "__main__":
    main()
