# Tests --residency and --memory of the commands that run slots, and their defaults STOKER_RESIDENCY and STOKER_MEMORY.
# Each mode gives the same results. A mode that the device cannot do is refused with the reason.
set -eu
. "$(dirname "$0")/lib/common.sh"
unset STOKER_RESIDENCY STOKER_MEMORY

seq 1 60000 >a
printf '99\n123\n' >p
code 0 "$STOKER" scan --device interp --chunk 8K -f p a
cp out want
code 0 "$STOKER" scan --device interp --chunk 8K --record log -f p a
scan="$STOKER scan --quiet --chunk 8K -f p"

# Words that are none, values that are missing, and what has no mode.
refused '--residency never: give resident, quantum or batch' $scan --residency never a
refused '--memory paper: give svm-atomics' $scan --memory paper a
refused '--residency needs a value' $scan a --residency
refused '--residency is for OpenCL devices' $scan --device interp --residency resident a
refused '--memory is for OpenCL devices' $scan --device interp --memory svm a
refused '--residency never: give' "$STOKER" bench rtt --residency never
refused '--memory paper: give' "$STOKER" bench slots --memory paper
code 2 "$STOKER" bench scan --residency batch --file a -f p
said 1 "bench scan takes no --residency"
refused '--residency never: give' "$STOKER" replay --residency never log
refused '--memory paper: give' "$STOKER" replay --memory paper log
refused '--residency is for OpenCL devices' "$STOKER" replay --residency batch --on interp --against recorded log
refused '--memory is for OpenCL devices' "$STOKER" replay --memory svm --on interp --against interp log
refused 'STOKER_RESIDENCY never: give' env STOKER_RESIDENCY=never $scan a
refused 'STOKER_MEMORY paper: give' env STOKER_MEMORY=paper $scan a

# Without an OpenCL device the options are refused. The variables of the environment are no error then, since they are
# for OpenCL devices only.
nodev="env STOKER_DEVICE=auto OCL_ICD_VENDORS=/nonexistent OCL_ICD_FILENAMES="
refused 'no OpenCL device' $nodev $scan --residency batch a
code 0 $nodev env STOKER_RESIDENCY=batch $scan a
cmp out want
code 0 env STOKER_RESIDENCY=batch $scan --device interp a
cmp out want

has_opencl || {
    echo "no OpenCL device: only the options were tried"
    exit 0
}

# used MODE MEMORY ARGS...: requires that the scan counts right in this mode, over this kind of memory.
used() {
    mode=$1 memory=$2
    shift 2
    code 0 "$@" --json --stats a
    python3 - "$mode" "$memory" <<'PYTHON' || fail "$*"
import json, sys
o = json.load(open("out"))
want = [line.strip().split("\t") for line in open("want").read().splitlines()]
assert [[str(p["count"]), p["pattern"]] for p in o["patterns"]] == want, o
s = o["stats"]
assert s["residency"] == sys.argv[1] and s["memory"] == sys.argv[2], s
PYTHON
}

used RESIDENT 'fine-grain SVM with atomics' $scan --residency resident
used QUANTUM 'fine-grain SVM with atomics' $scan --residency quantum
used BATCH copies $scan --residency batch
used RESIDENT 'ALLOC_HOST_PTR buffer' $scan --memory alloc-host
used QUANTUM 'USE_HOST_PTR buffer' $scan --residency quantum --memory use-host
used BATCH copies env STOKER_RESIDENCY=batch $scan
used QUANTUM 'fine-grain SVM' env STOKER_RESIDENCY=quantum STOKER_MEMORY=svm $scan
used RESIDENT 'fine-grain SVM with atomics' env STOKER_RESIDENCY=batch $scan --residency resident

refused '--residency batch, --memory svm: they do not go together' $scan --residency batch --memory svm a
refused '--residency quantum, --memory copies: they do not go together' $scan --residency quantum --memory copies a
if ! "$STOKER" info | grep -q 'platform .*NVIDIA'; then
    refused '--memory host-nv: .* cannot do this: .*not offered.*stoker info --probe' $scan --memory host-nv a
    refused '--residency quantum, --memory host-nv: .* cannot' "$STOKER" bench rtt --residency quantum --memory host-nv
    refused '--memory host-nv: .* cannot' "$STOKER" replay --memory host-nv --input 0=a log
fi

for mode in resident quantum batch; do
    code 0 "$STOKER" replay --residency $mode --on opencl --against recorded --input 0=a log
    grep -q '^no difference: ' out || fail "$(cat out)"
    code 0 "$STOKER" bench rtt --count 50 --residency $mode
    grep -q '^case=rtt metric=p50 ' out
done
code 0 "$STOKER" bench slots --count 500 --in-flight 8 --residency batch --memory copies
code 0 "$STOKER" bench pipeline --bytes 100K --runs 1 --residency quantum --memory alloc-host

# Tests the form of the printed lines for a stream without work.
code 0 "$STOKER" bench idle --count 3 --runs 1
for metric in polled untouched polled_with_a_read; do
    grep -Eq "^case=idle metric=$metric value=[0-9.e+-]+ unit=percent peer=- peer_value=- ratio=-$" out ||
        fail "no $metric"
done
number='[0-9.e+-]+'
for metric in wake_p50 wake_p99; do
    grep -Eq "^case=idle metric=$metric value=$number unit=ns peer=enqueue.finish peer_value=$number ratio=$number$" \
        out || fail "no $metric"
done
