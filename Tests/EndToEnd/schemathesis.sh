#!/usr/bin/env bash
# schemathesis against a running server: Tests/EndToEnd/schemathesis.sh PROGRAM URL [further options].
# 400 is a good answer to data that fits the schema: no schema can say that a prompt must fit the context.
set -euo pipefail
cd "$(dirname "$0")"
program=$1 url=$2
shift 2
exec "$program" --config-file schemathesis.toml run "$url/openapi.json" --url "$url" --no-color "$@"
