"""Ask first: what tells an answer is folded until one commits, in JupyterLab and on a page."""

import re
import shutil
from pathlib import Path

import pytest

from tools import cells
from tools.driver import static_host
from web import pages

ROOT = Path(__file__).resolve().parents[2]

ASKED_FIRST = {
    "ask": "from kl_course.checks import predict\nup = predict('up', 'down')\nup",
    "explore": (
        "from kl_course.explorers.codes import explore_code_book\nbook = explore_code_book()\nbook"
    ),
    "tells": "print('it goes:')\nprint('upwards')",
    "reveal": "up.reveal('up', 'It *grows*.')",
}


def test_what_tells_an_answer_stays_folded_until_one_commits(run_planted):
    with run_planted(ASKED_FIRST, folded=("explore", "tells")) as page:
        page.run_all()
        box = page.outputs("explore").locator(".kl-explorer")
        shown = page.cell("tells").locator(".jp-Cell-outputWrapper").inner_text()
        assert "it goes:" in shown  # JupyterLab puts the first line beside its three dots
        assert "upwards" not in shown
        assert not box.is_visible()
        page.save()
        assert page.cells["tells"]["metadata"]["jupyter"] == {"outputs_hidden": True}
        page.commit("ask")
        page.outputs("tells").get_by_text("upwards").wait_for()
        box.wait_for()
        page.outputs("ask").get_by_role("button", name="Change my mind").click()
        box.wait_for(state="hidden")
        page.cell("explore").locator(".jp-Placeholder").last.click()  # no need to commit
        box.wait_for()
        page.run_all()
        assert box.is_visible()
        assert page.problems() == []


@pytest.fixture
def folding_page(tmp_path, new_page):
    """Function: with a script or without -> a page of one question of notebook 09 and its folds."""
    for path in (ROOT / "web" / "questions.js", ROOT / "kl_course" / "picture.js"):
        shutil.copy(path, tmp_path)
    lesson = cells.read(ROOT / "notebooks" / "09-evidence.ipynb")
    shown = [c.source for c in pages.page_of(lesson, "09-evidence", "<p>{}</p>".format, "")]
    parts = [text for text in shown if "predict-hundred" in text or "predict-direction" in text]
    body = "\n".join(re.sub(r"^````.*$", "", text, flags=re.MULTILINE) for text in parts)
    start = 'import {startQuestions} from "./questions.js"; startQuestions();'
    script = f'<script type="module">{start}</script>'
    (tmp_path / "index.html").write_text(f'<meta charset="utf-8">{body}{script}', encoding="utf-8")
    with static_host(tmp_path) as url:

        def show(**options):
            page = new_page(**options)
            page.goto(url)
            return page

        yield show


def fold(page, question):
    return page.locator(f"[data-until={question}]")


def test_on_a_page_a_fold_opens_at_commit_and_lasts(folding_page):
    page = folding_page()
    folded, other = (fold(page, f"predict-{name}") for name in ("hundred", "direction"))
    question, summary, said = (
        page.locator("#predict-hundred"),
        folded.locator("summary"),
        folded.locator("pre"),
    )
    assert summary.inner_text() == "Commit first, or show the output"
    assert other.locator("summary").inner_text() == "Commit first, or show the picture"
    assert not said.is_visible()
    summary.press("Enter")
    question.get_by_role("textbox").fill("30")
    assert said.is_visible()  # while one types
    summary.press("Enter")
    question.get_by_role("button", name="Commit").click()
    assert "32.84" in said.inner_text()
    assert summary.inner_text() == "The output"
    assert not other.locator("p").is_visible()
    page.reload()
    said.wait_for()
    question.get_by_role("button", name="Change my mind").click()
    assert not said.is_visible()
    assert summary.inner_text() == "Commit first, or show the output"


def test_without_a_script_a_fold_opens_by_hand(folding_page):
    folded = fold(folding_page(java_script_enabled=False), "predict-hundred")
    assert not folded.locator("pre").is_visible()
    folded.locator("summary").click()
    assert folded.locator("pre").is_visible()
