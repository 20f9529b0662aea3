#!/usr/bin/env bash
# Make .venv hold the tested packages: tools/venv.sh lab|app|test|site|browser|bench. Silent when it already does.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# What a Python is good for: "ok", "bare" (without venv or pip), "old", and its version.
judge='
import sys
version = ".".join(map(str, sys.version_info[:2]))
try:
    import ensurepip, venv
    print(("ok " if sys.version_info >= (3, 11) else "old ") + version)
except ImportError:
    print(("bare " if sys.version_info >= (3, 11) else "old ") + version)
'

find_python() {
    local name verdict version bare='' old=''
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        read -r verdict version < <("$name" -c "$judge" 2>/dev/null) || continue
        case $verdict in
            ok) python=$name && return ;;
            bare) bare=$version ;;
            old) old=$version ;;
        esac
    done
    [ -z "$bare" ] || fail "Python $bare is here without its venv module:" \
        "install it (Debian, Ubuntu: apt install python$bare-venv), then run make again."
    [ -z "$old" ] || fail "The course needs Python 3.11 or newer, and this is Python $old:" \
        "install a newer one, or name it: make lab PYTHON=/path/to/python3.12"
    fail "No ${PYTHON:-Python} was found: install Python 3.11 or newer, or name it:" \
        "make lab PYTHON=/path/to/python3.12"
}

# One line that changes on a terminal, instead of pip's several hundred.
show_progress() {
    local line='\n'
    [ ! -t 1 ] || line='\r\033[K'
    awk -v start="$line" -v terminal="$([ ! -t 1 ] || echo yes)" '
        function say(text) { printf "%s  %s%s", terminal ? start : "", text, terminal ? "" : "\n"; fflush() }
        /^ *Collecting / && terminal { say("package " ++n ": " $2) }
        /Retrying/ && !waiting++ { say("no connection yet, trying again") }
        /^Installing collected/ { say("unpacking, a minute or so") }
        END { if (terminal) printf start }'
}

level=$1
case $level in
    lab) extras='[course,lab]' satisfied='lab' ;;
    app) extras='[course,lab,app]' satisfied='lab app' ;;
    test) extras='[course,lab,app,test]' satisfied='lab app test' ;;
    site) extras='[course,lab,app,test,site,lite]' satisfied='lab app test site' ;;
    browser) extras='[course,lab,app,test,site,lite,classroom,browser]' satisfied='lab app test site browser' ;;
    bench) extras='[course,lab,app,test,site,lite,classroom,browser,bench]' satisfied='lab app test site browser bench' ;;
    *) fail "usage: tools/venv.sh lab|app|test|site|browser|bench" ;;
esac

# The folder is part of the key because the installed package points to it.
key=$({ pwd && cat pyproject.toml constraints.txt tools/*.json kl_lab/labextension/* kl_course/picture.js; } | cksum)
works='import sys, pip; assert sys.version_info >= (3, 11)'
if [ "$(cat ".venv/.ready-$level" 2>/dev/null)" = "$key" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit
fi

trap 'fail "Interrupted: the next make starts the installation anew."' INT
if [ -e .venv/.unfinished ] || ! .venv/bin/python -c "$works" 2>/dev/null; then
    find_python
    echo "Making .venv with $("$python" --version)"
    mkdir -p .venv
    touch .venv/.unfinished
    find .venv/ -mindepth 1 ! -name .unfinished -delete
    "$python" -m venv .venv || fail "$python could not make .venv: it says why above."
fi
touch .venv/.unfinished

echo "Installing the tested packages (once; a few minutes at most)"
log=.venv/install.log
if ! PIP_USER=0 .venv/bin/python -m pip install --disable-pip-version-check --no-input \
    --constraint constraints.txt --editable ".$extras" </dev/null 2>&1 | tee "$log" | show_progress; then
    if grep -qE 'Retrying|ProxyError|ConnectTimeout' "$log"; then
        fail "The package index cannot be reached: check the network or the proxy (HTTPS_PROXY), then run make again."
    fi
    fail "pip could not install the packages: $(grep -m 1 '^ERROR' "$log" || echo 'no reason given') (all of it: $log)"
fi
# Matplotlib looks through the fonts once; done here, the first picture does not wait for it.
.venv/bin/python -c 'import matplotlib.font_manager' 2>/dev/null
for name in $satisfied; do
    echo "$key" >".venv/.ready-$name"
done
rm .venv/.unfinished
