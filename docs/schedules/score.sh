#!/bin/sh
# Scores every customer as of today and writes the partition; for cron: 0 5 * * * /srv/shop/score.sh
#
# Exit codes of tenure: 99 the very scores are there (a success), 5 a server or store is down (worth another try),
# 3 the data are not what they must be, 4 a gate was missed: somebody has to look.
set -u

config=${TENURE_CONFIG:-/srv/shop/tenure.toml}
lake=${TENURE_LAKE:-/srv/lake/scores}
day=${1:-$(date -u +%Y-%m-%d)}
pause=${TENURE_PAUSE_S:-300}

for attempt in 1 2 3; do
    tenure score --config "$config" --as-of "$day" --to "$lake" --quiet
    code=$?
    case $code in
        0 | 99) exit 0 ;;
        5) [ "$attempt" -lt 3 ] && sleep "$pause" ;;
        *) exit $code ;;
    esac
done
exit $code
