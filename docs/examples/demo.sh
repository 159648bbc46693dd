#!/bin/sh
# What `make demo` shows: a real season's central payments, one of them explained; a firm's scorecard and profit; a partner program at
# real-life size; a payout cycle; a budget that is split; and what to try next. Everything goes into a temporary folder.
set -eu
cd "$(dirname "$0")/../.."

partage=.venv/bin/partage
season=docs/examples/premier-league-2015-16/program.yaml
firm=docs/examples/firm/program.yaml
folder=$(mktemp -d "${TMPDIR:-/tmp}/partage-demo.XXXXXX")
store=$folder/partage.db
channel=$folder/channel/program.yaml

if [ -t 1 ]; then form='\n\033[1m%s\033[0m\n'; else form='\n%s\n'; fi
say() { printf "$form" "$*"; }
try() { say "\$ partage $*"; "$partage" --store "$store" "$@"; }

say "1. The published central payments of twenty football clubs, to the pound"
try run "$season" --period 2015-16
try explain 1 Leicester

say "2. A professional firm: eight partners scored, and the whole profit of their year shared, to the cent"
try score "$firm" --period 2026
try run "$firm" --period 2026
try explain 2 E-8 by_units

say "3. A partner program of real-life size and mess: 300 partners, 40,000 deals, bad rows of every kind (synthetic)"
mkdir "$folder/channel"
cp docs/examples/channel/program.yaml "$folder/channel/"
.venv/bin/python docs/examples/channel/generate.py "$folder/channel/data"
say "\$ partage run $channel --period 2026-Q2"
"$partage" --store "$store" run "$channel" --period 2026-Q2 | awk 'NR <= 15 || /^total|^run/ { print } NR == 16 { print "..." }'
say "One reseller's commission: who earns which share of a deal, and in which tiers of the year"
try explain 3 P052 commission

say "4. A payout cycle: the firm's year submitted by one person, approved by another, locked and paid"
by() { who=$1; shift; say "\$ partage $* --as $who"; "$partage" --store "$store" "$@" --as "$who"; }
by ana program submit "$firm" --effective 2026-01-01 --reason "the plan of 2026"
by bob program approve 1
by ana program activate 1
by eve cycle open 2026 --program "$firm"
by eve run "$firm" --period 2026 | tail -n 1
by eve cycle submit 2026
by eve cycle approve 2026 || say "Nobody approves their own work, and the refusal is in the log. So another person does:"
by bob cycle approve 2026
by eve cycle lock 2026
by eve cycle pay 2026 --on 2027-01-31
try log --last 5

say "5. What funds bring, and the best split of two millions, proved and paid by the engine"
cp docs/examples/channel/funds.yaml docs/examples/channel/split.yaml "$folder/channel/"
funds=$folder/channel/funds.yaml
try curves fit "$funds" --outcome campaign_sales --spend mdf --period 2025-Q1..2026-Q4 --by region --out "$folder/channel/curves.json"
say "\$ partage optimise $folder/channel/split.yaml --scenario $folder/channel/proposal.yaml"
"$partage" optimise "$folder/channel/split.yaml" --scenario "$folder/channel/proposal.yaml" | awk 'NR <= 12 || /^wrote/ { print } NR == 13 { print "..." }'
try simulate "$funds" "$folder/channel/proposal.yaml" --period 2026-Q4 --by region

say "The books of this demo are in $store. Try next:"
cat <<END
  $partage --store $store explain 3 P050 profit_share
  $partage --store $store show 3 --balances
  $partage check $season
END
