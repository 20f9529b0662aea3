#!/usr/bin/env bash
# Run make test on other versions than the tested ones: tools/other_versions.sh lowest|newest
set -euo pipefail
cd "$(dirname "$0")/.."

case $1 in
    lowest) names=(python3.{11..20}) resolution=lowest-direct ;;
    newest) names=(python3.{20..11}) resolution=highest ;;
    *) echo "usage: tools/other_versions.sh lowest|newest" >&2 && exit 1 ;;
esac

# pyenv finds each Python that it installed, not only the one that is switched on.
if command -v pyenv >/dev/null; then
    export PYENV_VERSION=$(pyenv versions --bare | paste -sd:)
fi
for name in "${names[@]}"; do
    python=$("$name" -c 'import sys; print(sys.executable)' 2>/dev/null) && break
done
[ -n "$python" ] || { echo "No Python 3.11 or newer was found." >&2 && exit 1; }
unset PYENV_VERSION

home=build/$1
build/uv/bin/uv venv --quiet --clear --python "$python" "$home"
build/uv/bin/uv pip install --quiet --python "$home" --resolution $resolution --editable '.[course,lab,app,test]'
echo "The $1 versions: $("$home/bin/python" --version)," \
    "$(build/uv/bin/uv pip freeze --python "$home" | grep -E '^(numpy|scipy|matplotlib|ipywidgets|jupyterlab)=' | paste -sd' ')"
make --no-print-directory test WITHOUT= TEST_PYTHON="$home/bin/python"
