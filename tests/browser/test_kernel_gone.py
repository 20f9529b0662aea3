"""An explorer and a question whose kernel ends, and an exercise that does not."""

import time

import pytest

from tools.driver import ExplorerView

SOURCES = {
    "explore": "from kl_course.explorers.start_here import explore_two_normals\n"
    "explore_two_normals()",
    "choose": "from kl_course.checks import predict\n"
    "choice = predict('up', 'down', 'nowhere')\nchoice",
    "reveal": "choice.reveal('up', 'It *grows*.')",
}
LOOP = """from kl_course.checks.definitions import check_kl
print('started')
def kl(p, q):
    while True:
        pass

check_kl(kl)"""
EXECUTE = "code => { window.panel.sessionContext.session.kernel.requestExecute({code}); }"
ENDS = {
    "restart": "() => window.panel.sessionContext.session.kernel.restart()",
    "shut down": "() => window.panel.sessionContext.shutdown()",
    # The last of this file's page: its dialog, and at times a second, may come at any time.
    "crash": f"() => ({EXECUTE})('import os; os._exit(1)')",
}


def accept_dialogs(page, gone):
    """JupyterLab says that a kernel died in a dialog, and at times in two."""
    deadline, quiet = time.monotonic() + 30, 0
    while quiet < 15 or not gone.is_visible():
        assert time.monotonic() < deadline, "the kernel is not gone"
        quiet += 1
        if page.interruptions():
            page.page.locator(".jp-Dialog .jp-mod-accept").first.click()
            quiet = 0
        page.page.wait_for_timeout(100)


def test_stopping_an_endless_loop_shows_no_solution(run_planted):
    with run_planted({"loop": ""}) as page:
        page.cell("loop").locator(".cm-content").click()
        page.page.keyboard.insert_text(LOOP)
        page.page.keyboard.press("Shift+Enter")
        page.outputs("loop").get_by_text("started").wait_for()
        page.page.wait_for_timeout(300)  # into the loop
        page.page.evaluate("window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
        page.settle()
        shown = page.output_text("loop")
        assert "Stopped: your function did not return." in shown
        assert "Traceback" not in shown
        assert "kl_divergence" not in shown


@pytest.mark.parametrize("end", ENDS)
def test_what_its_kernel_has_left_says_so_and_how_to_go_on(run_planted, end):
    with run_planted(SOURCES) as page:
        page.run_all()
        normals = ExplorerView(page, "explore")
        question, answer = page.outputs("choose"), page.outputs("reveal")
        question.get_by_role("radio").first.check()
        picture = normals.picture
        all_gone = normals.gone, question.locator(".kl-gone")
        assert not any(gone.is_visible() for gone in all_gone)
        page._await(ENDS[end])
        if end == "crash":
            accept_dialogs(page, normals.gone)
        for gone in all_gone:
            gone.wait_for(state="visible")

        assert "Run All brings them back" in normals.gone.text_content()
        assert normals.handle("μ of p").is_disabled()
        assert normals.box.get_by_role("button", name="Reset").is_disabled()
        still, moving = normals.still.bounding_box(), normals.moving.bounding_box()
        assert moving == pytest.approx(still, abs=1)
        assert normals.picture == picture

        assert "Run All Cells brings the buttons back" in all_gone[1].text_content()
        for part in (question, answer):
            assert part.locator("button:visible").count() == 0
            icons = part.locator(".jupyter-widgets").evaluate_all(
                "all => all.map(node => getComputedStyle(node, '::before').content)"
            )
            assert set(icons) == {"none"}

        if end == "restart":
            page.run_all()
            assert not any(gone.is_visible() for gone in all_gone)
            normals.key("μ of p", "End")
            assert normals.quantity("D(p‖q)") == "2.0000"
            page.commit("choose")
            page.reveal("reveal")
            assert "✓ Right." in page.output_text("reveal")
