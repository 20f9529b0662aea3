#!/usr/bin/env bash
# configurable-http-proxy 5.3.0 (npm; JupyterHub's proxy), seen 2026-11-30.
#
# It declares "node": ">= 20" and asks for commander ~15.0.0, of which 15.0.0 declares
# "node": ">=22.12.0". So on Node 20, which it names as enough, npm warns of an engine that does not
# fit (EBADENGINE), and with engine-strict=true refuses to install it.
# Expected: a package asks for no newer Node by way of a dependency than it declares itself.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund configurable-http-proxy@5.3.0 >/dev/null 2>&1
engine() { node -p "JSON.parse(require('fs').readFileSync('node_modules/$1/package.json')).engines.node"; }
echo "configurable-http-proxy $(engine configurable-http-proxy), commander $(engine commander)"
[ "$(engine configurable-http-proxy)" = ">= 20" ]
[ "$(engine commander)" = ">=22.12.0" ]
