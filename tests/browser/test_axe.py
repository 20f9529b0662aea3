"""axe-core finds nothing serious in questions, reveals, verdicts and explorers, light and dark."""

import pytest

from tools import lessons

THEMES = ("JupyterLab Light", "JupyterLab Dark")
SERIOUS = ("serious", "critical")
# Of what is off the screen axe judges no colour, nor of anything in a body without height.
GIVE_HEIGHT = "body { height: 100vh }"
JUDGE = """async output => {
    output.scrollIntoView({block: 'center'});
    await new Promise(requestAnimationFrame);
    const {violations, passes} = await axe.run(output);
    return {
        found: violations.map(({impact, id, nodes}) => [impact, id, nodes[0].html]),
        passed: passes.map(rule => rule.id),
    };
}"""
CHANGE_THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"


def judge(page, cell_ids):
    """What axe finds serious in these cells' outputs; every rule has found something to judge."""
    serious, passed = [], set()
    for cell_id in cell_ids:
        verdict = page.outputs(cell_id).evaluate(JUDGE)
        serious += [(cell_id, *found) for found in verdict["found"] if found[0] in SERIOUS]
        passed.update(verdict["passed"])
    assert "color-contrast" in passed
    return serious


def prepare(page, axe, theme):
    page._await(CHANGE_THEME, theme)
    page.page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")
    page.page.evaluate(axe)
    page.page.add_style_tag(content=GIVE_HEIGHT)


@pytest.mark.parametrize("theme", THEMES)
def test_every_explorer(axe, run_planted, theme):
    shown = {
        name.replace("_", "-"): f"from {make.__module__} import {name}\n{name}()"
        for name, make in lessons.explorers().items()
    }
    with run_planted(shown) as page:
        prepare(page, axe, theme)
        page.run_all()
        assert judge(page, shown) == []
        page._await(CHANGE_THEME, THEMES[0])


@pytest.mark.parametrize("theme", THEMES)
def test_a_question_a_reveal_and_a_verdict(axe, open_notebook, theme):
    with open_notebook("notebooks/01-definitions.ipynb") as page:
        prepare(page, axe, theme)
        cells = question, reveal, _ = "predict-zero", "reveal-zero", "ex-kl"
        assert judge(page, cells) == []
        page.run_all()
        assert judge(page, cells) == []
        page.outputs(question).get_by_role("radio").first.check()
        page.outputs(question).get_by_role("button", name="Commit").click()
        page.settle()
        page.outputs(reveal).get_by_role("button", name="Reveal").click()
        page.settle()
        assert judge(page, cells) == []
        page.restart()
        page.outputs(question).locator(".kl-gone").wait_for()
        assert judge(page, cells) == []
        page._await(CHANGE_THEME, THEMES[0])
