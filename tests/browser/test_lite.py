"""The build for a browser without a server: what is in it, how it opens, and what it installs.

The runtime is not here: the page would get it from another host. What is tried is the build, the
page up to the kernel's start, and the wheel beside the packages that the runtime lists.
"""

import base64
import json
import shutil
import subprocess
import venv
from pathlib import Path

import nbformat
import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

import kl_helpers
from tools.driver import static_host
from web import lite

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = "02-gaussian-samples.ipynb"
LISTED = ROOT / "tests" / f"pyodide-{PYODIDE_VERSION}.txt"
MEGABYTES = 25  # 22.8 when it was written

# A cell is run as the kernel in the page does it: by IPython's shell, without pexpect. The pip
# line is left out; pip has done it.
RUN = """
import json, pathlib, sys, types
sys.modules["pexpect"] = types.ModuleType("pexpect")
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
import kl_helpers
assert pathlib.Path(kl_helpers.__file__).is_relative_to(sys.prefix)

def said_by(outputs):
    for output in outputs:
        yield output.get("text") or output["data"]["text/plain"]

def run(cell):
    source = "".join(l for l in cell["source"].splitlines(True) if not l.startswith("%pip"))
    with capture_output() as out:
        result = shell.run_cell(source)
    if not result.success:
        assert "raises-exception" in cell["metadata"]["tags"], (cell["id"], result)
        return
    said = out.stdout
    kinds = {output["output_type"] for output in cell["outputs"]}
    if kinds == {"execute_result"}:
        said = shell.display_formatter.format(result.result)[0]["text/plain"]
    if kinds <= {"execute_result", "stream"}:
        assert said == "".join(said_by(cell["outputs"])), (cell["id"], said)
        compared.append(cell["id"])

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.ipynb")):
    shell, compared = InteractiveShell.instance(), []
    shell.reset()
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            run(cell)
    print(path.name, len(compared))
"""
EXPLORE = """
import sys, types
sys.modules["pexpect"] = types.ModuleType("pexpect")
sys.path.append(sys.argv[1])
from tools import lessons
for explore in lessons.explorers().values():
    bundle, _ = explore()._repr_mimebundle_()
    assert "image/png" in bundle and "application/vnd.jupyter.widget-view+json" in bundle
print(len(lessons.explorers()))
"""


@pytest.fixture(scope="module")
def folder(request, built_once):
    """The build within the site; where npm is missing, and so the site, one of its own."""
    if shutil.which("npm"):
        return request.getfixturevalue("site").folder / "lite"
    return built_once("lite", lambda folder: lite.build(folder / "lite", print)) / "lite"


@pytest.fixture(scope="module")
def address(folder):
    with static_host(folder.parent) as url:
        yield f"{url}/"


@pytest.fixture(scope="module")
def runtime(folder, tmp_path_factory):
    """A Python with the packages that the runtime lists, and the build's wheels; no others."""
    home = tmp_path_factory.mktemp("runtime")
    venv.create(home, with_pip=True, symlinks=True)
    python = home / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*install, "-r", LISTED], check=True)
    subprocess.run([*install, *(folder / "pypi").glob("*.whl")], check=True)
    return python


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def settings_of(folder):
    config = read(folder / "jupyter-lite.json")["jupyter-config-data"]
    return config, config["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]


def default_runtime(folder):
    schemas = folder / "extensions/@jupyterlite/pyodide-kernel-extension/static/schema"
    return read(schemas / "kernel.v0.schema.json")["properties"]["pyodideUrl"]["default"]


def test_the_notebooks_and_the_data_are_in_it(folder):
    listed = {item["name"] for item in read(folder / "api/contents/all.json")["content"]}
    notebooks = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert listed == notebooks | {"data"}
    data = {item["name"] for item in read(folder / "api/contents/data/all.json")["content"]}
    assert data == {path.name for path in (ROOT / "notebooks/data").iterdir()}
    for name in notebooks:
        assert lite.FETCH in [cell["source"] for cell in read(folder / "files" / name)["cells"]]
    for name in data:
        assert (folder / "files/data" / name).stat().st_size > 0


def test_the_index_names_the_wheels(folder):
    index = read(folder / "pypi/all.json")
    version = kl_helpers.__version__
    assert index.keys() == {"kl-helpers", *lite.LACKING}
    assert list(index["kl-helpers"]["releases"]) == [version]
    for package in index.values():
        ((wheel,),) = package["releases"].values()
        assert wheel["filename"].endswith("-none-any.whl")
        assert (folder / "pypi" / wheel["filename"]).stat().st_size == wheel["size"]
    _, kernel = settings_of(folder)
    assert any(url.startswith("./pypi/all.json") for url in kernel["pipliteUrls"])


def test_the_page_has_the_extensions_and_nothing_to_debug(folder):
    config, kernel = settings_of(folder)
    assert {each["name"] for each in config["federated_extensions"]} == set(lite.EXTENSIONS)
    assert kernel.keys() == {"pipliteUrls"}
    assert all(url.startswith("./") for url in kernel["pipliteUrls"])
    assert not list(folder.rglob("*.map"))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size < MEGABYTES * 1e6


def test_a_notebook_opens_up_to_the_kernels_start(folder, address, new_page):
    runtime = default_runtime(folder)
    assert f"/v{PYODIDE_VERSION}/" in runtime
    committed = nbformat.read(ROOT / "notebooks" / NOTEBOOK, 4)
    pictures = [
        output.data["image/png"]
        for cell in committed.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    page = new_page()
    asked, troubles = [], []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda line: (
            line.type == "error" and troubles.append(f"{line.text} {line.location['url']}")
        ),
    )

    def on_request(request):
        if not request.url.startswith((address, "data:", "blob:")):
            asked.append(request.url)

    page.context.on("request", on_request)  # those of its workers too
    page.context.route(runtime, lambda route: route.abort())
    page.goto(f"{address}lite/lab/index.html?path={NOTEBOOK}")
    page.wait_for_selector(".jp-Notebook .jp-RenderedImage img", timeout=120_000)
    page.wait_for_function(
        f"document.querySelectorAll('.jp-RenderedImage img').length >= {len(pictures)}"
    )
    shown = page.eval_on_selector_all(
        ".jp-RenderedImage img",
        "images => images.map(({src, naturalWidth}) => [src, naturalWidth])",
    )
    kernel = page.locator(".jp-Toolbar-kernelName").inner_text()
    text = page.locator(".jp-Notebook").inner_text()
    for _ in range(600):
        if asked:
            break
        page.wait_for_timeout(100)
    dialogs = page.locator(".jp-Dialog").all_inner_texts()
    decoded = [base64.b64decode(src.split(",")[1]) for src, _ in shown]
    assert decoded == [base64.b64decode(picture) for picture in pictures]
    assert all(width > 0 for _, width in shown)
    assert kernel == lite.KERNEL["display_name"]
    assert "%pip install" in text
    assert dialogs == []
    assert set(asked) == {runtime}
    ours = [each for each in troubles if runtime not in each and "/favicon.ico" not in each]
    assert ours == []


def test_every_explorer_works_on_the_packages_that_the_runtime_lists(runtime, tmp_path):
    command = [runtime, "-c", EXPLORE, ROOT]
    done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, check=True, text=True)
    assert int(done.stdout) >= 24


def test_every_notebook_says_there_what_it_says_here(folder, runtime, tmp_path):
    (tmp_path / "run.py").write_text(RUN, encoding="utf-8")
    done = subprocess.run(
        [runtime, tmp_path / "run.py", "."],
        cwd=folder / "files",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    compared = dict(line.split() for line in done.stdout.splitlines() if ".ipynb" in line)
    assert compared.keys() == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert min(map(int, compared.values())) > 0
    assert sum(map(int, compared.values())) >= 300  # 332 when it was written
