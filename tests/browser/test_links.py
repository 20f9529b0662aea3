"""A link of the appendix leads to its heading in a notebook that nobody has opened yet."""

import pytest

# How far below the top of the notebook the heading stands, or null where it is not drawn.
PLACE = """([name, heading]) => {
    const {content, context} = window.jupyterapp.shell.currentWidget;
    if (!context?.path.endsWith(name)) return null;
    const node = content.node.querySelector(`[data-jupyter-id="${CSS.escape(heading)}"]`);
    const top = node => node.getBoundingClientRect().top;
    return node && top(node) - top(content.outerNode);
}"""
SHOW = "id => window.panel.content.scrollToItem(id)"


@pytest.mark.parametrize(
    ("cell_id", "name", "heading"),
    [
        ("mistakes-direction", "05-two-directions.ipynb", "Which-direction-is-“forward”?"),
        ("mistakes-direction", "04-properties.ipynb", "When-may-you-swap-the-two?"),
        ("mistakes", "06-estimate-on-trial.ipynb", "What-does-an-empty-bin-cost?"),
        ("mistakes-library", "11-in-the-wild.ipynb", "Which-way-round-does-the-library-have-it?"),
    ],
)
def test_a_link_leads_to_its_heading(cell_id, name, heading, open_notebook):
    with open_notebook("notebooks/12-symbols-and-mistakes.ipynb") as notebook:
        page = notebook.page
        page.evaluate(SHOW, notebook.index(cell_id))
        link = notebook.cell(cell_id).get_by_role("link", name=name[:2], exact=True)
        link.and_(page.locator(f'[href*="{name}"]')).first.click()
        # The heading comes to the top, and is there still when all that stands above is drawn.
        page.wait_for_function(
            f"place => Math.abs(({PLACE})(place) ?? 1e9) < 60", arg=[name, heading], timeout=120_000
        )
        page.wait_for_timeout(2000)
        assert abs(page.evaluate(PLACE, [name, heading])) < 60
        assert notebook.problems() == []
