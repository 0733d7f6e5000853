#!/usr/bin/env bash
# schemathesis against a server of its own: Tests/EndToEnd/schemathesis.sh SCHEMATHESIS SWIFTLET [further options].
# 400 is a good answer to data that fits the schema: no schema can say that a prompt must fit the context.
set -euo pipefail
program=$(realpath -s "$1") binary=$(realpath "$2") configuration=$(dirname "$(realpath "$0")")/schemathesis.toml
shift 2
work=$(mktemp -d)
"$binary" serve --port 0 --no-request-log >"$work/log" 2>/dev/null &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    url=$(sed -n 's/^listening on //p' "$work/log")
    [ -n "$url" ] && break
    sleep 0.1
done
cd "$work"
"$program" --config-file "$configuration" run "$url/openapi.json" --url "$url" --no-color "$@"
