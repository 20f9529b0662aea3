"""In JupyterLab: an explorer that begins where its line says, and the line that it copies."""

from tools.driver import ExplorerView

LINE = "explore_samples(mu_q=0.5, n=300)"
SOURCES = {
    "first": f"from kl_course.explorers.gaussian_samples import explore_samples\n{LINE}",
    "second": "explore_samples()",
}


def copied(page, explorer):
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer.press("Copy line")
    explorer.box.get_by_text("Line copied.").wait_for()
    return page.page.evaluate("navigator.clipboard.readText()")


def test_a_copied_line_makes_the_same_explorer(run_planted):
    with run_planted(SOURCES) as page:
        page.run_all()
        first = ExplorerView(page, "first")
        start = first.controls
        assert (start["μ of q"], start["n, each"]) == ("0.500", "300")
        assert copied(page, first) == LINE
        first.key("bins", "End")
        first.key("ε", "Home")
        line = copied(page, first)
        assert line == "explore_samples(mu_q=0.5, n=300, bins=200, epsilon=0)"
        page.type_into("second", line)
        second = ExplorerView(page, "second")
        assert (second.controls, second.summary) == (first.controls, first.summary)
        first.press("Reset")
        assert first.controls == start
        page.run_all()  # the first goes on at its start, the second where it was
        assert ExplorerView(page, "first").controls == start
        assert ExplorerView(page, "second").summary == second.summary
