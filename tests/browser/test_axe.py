"""axe-core finds nothing serious in questions, reveals and verdicts, light and dark."""


def test_a_question_a_reveal_and_a_verdict(find_serious, open_notebook):
    cells = question, reveal, _ = "predict-zero", "reveal-zero", "ex-kl"
    with open_notebook("notebooks/01-definitions.ipynb") as page:
        assert find_serious(page, cells) == []
        page.run_all()
        assert find_serious(page, cells) == []
        page.commit(question)
        page.reveal(reveal)
        assert find_serious(page, cells) == []
        page.restart()
        page.outputs(question).locator(".kl-gone").wait_for()
        assert find_serious(page, cells) == []
