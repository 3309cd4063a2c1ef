# stoker bench payload compares each pass over a payload in memory with the host's own count, and reports a wrong pass.
set -eu
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/bench.sh"

# right N: requires N figures in `lines`, each without a wrong pass.
right() {
    [ "$(grep -c '_wrong value=0 unit=passes' lines)" -eq "$1" ] || fail "wrong passes: $(grep _wrong lines)"
}

both="scan_76_64K scan_76_64K_wrong scan_76_256K scan_76_256K_wrong scan_926_64K scan_926_64K_wrong scan_926_256K"
both="$both scan_926_256K_wrong sum64_64K sum64_64K_wrong sum64_256K sum64_256K_wrong"
measures "workers lanes payload matches_76 matches_926 $both" payload --bytes 1M --runs 2 --device interp 2>err
right 6
grep -q '^stoker: bench payload: interpreter (interp, ' err || fail "$(cat err)"

# For a text and patterns of the user, the counts are those of `stoker scan` in the repeated text.
seq 1 3000 | sed 's/$/ sea shells/' >text
printf '%s\n' 99 shell s '1 sea shells' 'no such words' shell >patterns
size=$(($(wc -c <text) / 64 * 64))
head -c $size text >part
"$STOKER" scan -f patterns --count --quiet part >count
for how in "--chunk 64" "--chunk 4K --in-flight 3" "--chunk 192 --in-flight 64"; do
    measures "matches_6 payload" payload --device interp --bytes $size --file text -f patterns --runs 3 $how
    right 2
    [ "$(sed -n 's/.*metric=matches_6 value=\([0-9]*\) .*/\1/p' lines)" = "$(tail -n 1 count | tr -dc 0-9)" ] ||
        fail "$how: $(grep matches lines), $(cat count)"
done
"$STOKER" bench payload --device interp --bytes $((size * 2 + 640)) --file part -f patterns --runs 1 >lines 2>err
right 4

# A slot with a wrong result makes its pass a wrong pass. The exit code is 1, and the figures are printed.
code 1 env STK_TEST_MISCOUNT=20 "$STOKER_MISCOUNTING" bench payload --device interp --bytes 1M --runs 3 --chunk 64K
grep -q 'metric=scan_76_64K_wrong value=1 unit=passes' out || fail "$(cat out)"
grep -q 'metric=scan_926_64K_wrong value=0 unit=passes' out || fail "$(cat out)"
grep -q '^stoker: bench payload: passes with a wrong count: 1; ' err || fail "$(cat err)"
grep -Eq '^stoker: bench payload: scan_76_64K: [0-9]+ where the host counts [0-9]+$' err || fail "$(cat err)"
code 1 env STK_TEST_MISCOUNT=97 \
    "$STOKER_MISCOUNTING" bench payload --device interp --bytes 1M --runs 3 --chunk 64K --json
check_json payload <out
python3 -c '
import json, sys
wrong = {f["metric"]: f["value"] for f in json.load(open("out")) if f["metric"].endswith("_wrong")}
assert wrong == {"scan_76_64K_wrong": 0, "scan_926_64K_wrong": 0, "sum64_64K_wrong": 1}, wrong'

refused "--chunk 1:" "$STOKER" bench payload --device interp -f patterns --bytes 1M --chunk 1
refused '4 GiB is the most' "$STOKER" bench payload --device interp --bytes 4G
refused '--file no-such-file' "$STOKER" bench payload --device interp --file no-such-file --bytes 4K
: >empty
refused '--file empty' "$STOKER" bench payload --device interp --file empty --bytes 4K
printf '%0100d' 7 >long
refused 'larger --chunk' "$STOKER" bench payload --device interp -f long --chunk 64 --bytes 4K

# Several devices share each pass. The output has the figure of the shared passes, and one for passes of each device
# alone.
measures "scan_76_64K scan_76_64K_share_0 scan_76_64K_share_1 scan_926_64K sum64_64K" \
    payload --device interp,interp --workers 1 --bytes 1M --runs 3 --chunk 64K
right 3
[ "$(grep -c 'peer=alone_[01] peer_value=[0-9]' lines)" -eq 6 ] || fail "$(cat lines)"
awk '/_share_/ { split($3, v, "="); sum += v[2] } END { exit sum < 299.9 || sum > 300.1 }' lines || fail "$(cat lines)"
refused 'with a comma between two' "$STOKER" bench payload --device interp, --bytes 1M
refused 'no OpenCL device named no such' "$STOKER" bench payload --device 'interp,no such' --bytes 1M

if has_opencl; then
    for how in "" "--workers 8" "--workers 3 --lanes 4" "--residency quantum" "--residency batch"; do
        measures "scan_76_64K scan_926_64K sum64_64K" payload --bytes 2M --runs 3 --chunk 64K $how
        right 3
        [ "$(grep -c 'peer=host_stream_units peer_value=[0-9]' lines)" -eq 3 ] || fail "$how: no limit beside it"
    done
    # bench rtt also reports a slot with a wrong result.
    code 1 env STK_TEST_MISCOUNT=7 "$STOKER_MISCOUNTING" bench rtt --count 50
    grep -q 'metric=chunk_wrong value=1 unit=slots' out || fail "$(cat out)"
fi
