#!/bin/sh
# What `make demo` shows: a real season's central payments paid to twenty clubs, one of them explained, and what to try next.
set -eu
cd "$(dirname "$0")/../.."

partage=.venv/bin/partage
program=docs/examples/premier-league-2015-16/program.yaml
club=Leicester
store=$(mktemp -d "${TMPDIR:-/tmp}/partage-demo.XXXXXX")/partage.db

if [ -t 1 ]; then form='\n\033[1m%s\033[0m\n'; else form='\n%s\n'; fi
say() { printf "$form" "$*"; }
try() { say "\$ partage $*"; "$partage" --store "$store" "$@"; }

try run "$program" --period 2015-16
try explain 1 "$club"

say "The books of this demo are in $store. Try next:"
cat <<END
  $partage --store $store show 1
  $partage --store $store explain 1 Arsenal
  $partage check $program
END
