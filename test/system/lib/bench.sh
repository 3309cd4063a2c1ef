# Helpers of the tests of stoker bench, which need fail(): the form of what it prints, never how fast anything is.

# The seven keys in order on every line; ratio is the quotient of the two values, the right way up.
check_lines() {
    awk -v wanted="$1" -v name="$2" '
        function part(i, key) {
            if (index($i, key "=") != 1) { print "line " NR ": no " key ": " $0; bad = 1; return "" }
            return substr($i, length(key) + 2)
        }
        {
            if (NF != 7 || part(1, "case") != name) { print "line " NR ": " $0; bad = 1 }
            metric = part(2, "metric"); value = part(3, "value"); unit = part(4, "unit")
            peer = part(5, "peer"); other = part(6, "peer_value"); ratio = part(7, "ratio")
            if (value !~ /^[0-9.e+-]+$/) { print "value: " $0; bad = 1 }
            if (peer == "-" ? other != "-" || ratio != "-" : other == "missing" && ratio != "-") { print; bad = 1 }
            if (peer != "-" && other != "missing" && value > 0 && other > 0) {
                less = unit == "ns" || unit == "s" || unit == "bytes" || unit == "reads"
                expected = less ? other / value : value / other
                if (ratio / expected < 0.99 || ratio / expected > 1.01) { print "ratio: " $0; bad = 1 }
            }
            seen[metric] = 1
        }
        END {
            n = split(wanted, metrics, " ")
            for (i = 1; i <= n; i++) if (!(metrics[i] in seen)) { print "no metric " metrics[i]; bad = 1 }
            exit bad
        }'
}

# The same keys in JSON, null where a line has "-" or "missing".
check_json() {
    python3 -c '
import json, sys
figures = json.load(sys.stdin)
assert figures
for f in figures:
    assert list(f) == ["case", "metric", "value", "unit", "peer", "peer_value", "ratio"], f
    assert f["case"] == sys.argv[1] and isinstance(f["value"], (int, float)), f
    assert (f["peer_value"] is None) == (f["ratio"] is None), f
' "$1" || fail "$1 --json"
}

# measures METRICS CASE OPTION...: checks that stoker bench prints these metrics, as lines and as JSON.
measures() {
    metrics=$1
    shift
    "$STOKER" bench "$@" >lines || fail "bench $*: exit code $?"
    check_lines "$metrics" "$1" <lines || fail "bench $*"
    "$STOKER" bench "$@" --json | check_json "$1"
}
