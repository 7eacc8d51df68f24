#!/usr/bin/env bash
# Opens one issue for each signature among the problems of the outcomes named, the JSON
# files of squall sim, squall report --merge and squall chaos. A signature that an open
# issue has in its title gets a comment there instead.
#
#	RUN_URL=https://... .github/issues.sh FILE...
#
# Needs jq, and gh with GH_TOKEN and GH_REPO or a clone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One line for each signature, whatever the number of files that it is in.
jq -cs '[.[].problems[]] | group_by(.signature)[] | {signature: .[0].signature, count: (map(.count) | add), detail: .[0].detail}' \
	"$@" >"$work/problems"

# All open issues: a search would miss what was opened a moment ago.
gh issue list --state open --limit 1000 --json number,title >"$work/open"

while IFS= read -r problem; do
	title=$(jq -r '"nightly: " + .signature | .[:240]' <<<"$problem")
	jq -r --arg url "${RUN_URL:-}" '"Seen \(.count) times in one night. The first:\n\n```\n\(.detail)\n```\n\n\($url)"' <<<"$problem" >"$work/body"
	number=$(jq -r --arg title "$title" 'map(select(.title == $title) | .number) | min // empty' "$work/open")
	if [ -n "$number" ]; then
		gh issue comment "$number" --body-file "$work/body"
	else
		gh issue create --title "$title" --body-file "$work/body"
	fi
done <"$work/problems"
