# stoker info shows the devices, the residency mode with its reason, the kind of memory, io_uring and limits. It also
# works where almost all of these are missing.
set -eu
. "$(dirname "$0")/lib/common.sh"

code 0 "$STOKER" info
[ ! -s err ]
grep -q '^device interp: ' out
grep -q '^io_uring      [^ ]' out
grep -Eq '^NVMe          (no|[1-9][0-9]*) character devices? of (a namespace|namespaces)' out
grep -Eq '^peer to peer  (no|[1-9][0-9]*) PCI devices? ' out
readers='(io_uring|posix), [1-9][0-9]* (ring|reader)s?( with a thread each)?'
grep -Eq "^readers       $readers(; .*)? \([1-9][0-9]* CPUs?\)\$" out
if grep -q '^readers       io_uring' out; then
    tr '\n' ' ' <out |
        grep -Eq ' ring          registered buffers, registered files, .*timed wait; without ([a-z ]+|SQPOLL) \('
fi
grep -Eq '^locked memory (unlimited|[0-9]+ KiB)' out
grep -Eq '^limits        [0-9]+ ring slots, [0-9]+ chunks in a stream, [0-9]+ I/O slots, payload below 4 GiB$' out
grep -Eq '^stoker        [0-9]+\.[0-9]+\.[0-9]+, wire format 0\.6$' out
if grep -q '^device 0' out; then
    grep -q '^  platform    [^ ].*, driver [^ ]' out
    if grep -Eq '^  platform    .*(^|[ ,])[?](,|$)' out; then
        fail "a driver's text is not shown: $(cat out)"
    fi
    grep -Eq '^  units       [1-9][0-9]*, [0-9.]+ GB$' out
    grep -q '^  SVM         ' out
    # Each device has its residency mode with the reason. A device with a mode also has the kind of memory and the
    # lease.
    grep -Eq '^  residency   ((RESIDENT|QUANTUM|BATCH): handshake: [0-9]+ slots|none yet: .)' out
    if has_opencl; then
        grep -q '^  memory      fine-grain SVM' out
        grep -Eq 'inside one launch, p50 [0-9]+ ns, [0-9]+ items in order' out
        grep -Eq '^  lease       a launch ends after [1-9][0-9.]* ms, or after [1-9][0-9.]* ms without work$' out
        # --probe tries each kind of memory in each mode. Each pair works, or the line says why it does not.
        code 0 "$STOKER" info --probe --device 0
        [ "$(grep -Ec '^  (RESIDENT|QUANTUM|BATCH) +[a-z-]+ +(yes: [0-9]+ rounds|no: .)' out)" -eq 11 ]
        grep -Eq '^  RESIDENT svm-atomics yes: ' out
        grep -Eq '^  BATCH    copies      yes: ' out
        code 0 "$STOKER" info --probe --device 0 --residency quantum --memory svm
        [ "$(grep -c '^  QUANTUM  svm ' out)" -eq 1 ]
        [ "$(grep -Ec '^  (RESIDENT|BATCH) ' out)" -eq 0 ]
        code 0 "$STOKER" info --device 0 --residency batch
        grep -q '^  residency   BATCH: handshake: ' out
        grep -q '^  memory      copies' out
        grep -Eq '^  copies      each launch copies about [0-9]+ bytes' out
        code 0 "$STOKER" info --device 0 --memory alloc-host
        grep -q '^  memory      ALLOC_HOST_PTR buffer' out
        # The handshake succeeds while all cores of the machine are busy.
        busy=
        for i in 1 2 3 4 5 6; do
            sh -c 'while :; do :; done' &
            busy="$busy $!"
        done
        trap 'kill $busy' EXIT
        has_opencl || fail "no residency on a busy machine: $("$STOKER" info | grep residency)"
        has_opencl || fail "no residency on a busy machine: $("$STOKER" info | grep residency)"
    fi
fi

# On a terminal, lines are broken at blanks. The words are those of the output to a file.
for more in "" --probe; do
    code 0 python3 "$lib/on_terminal.py" 60 "$STOKER" info --color never $more
    awk 'length > 59 && !/^device/ && substr($0, 15) ~ /[^ ] +[^ ]/ { exit 1 }' out ||
        fail "a line is broken: $(cat out)"
    grep -q '^              [^ ]' out || fail "no line goes on: $(cat out)"
done

# With --json info prints the same facts in JSON.
code 0 "$STOKER" info
cp out text
grep -c '^device' out >devices
code 0 "$STOKER" info --json
python3 - <<'PYTHON'
import json
got = json.load(open("out"))
devices = got["devices"]
assert len(devices) == int(open("devices").read()), devices
assert devices[-1] == {"index": None, "name": "interp", "residency": "RESIDENT"}, devices
for i, d in enumerate(devices[:-1]):
    assert d["index"] == i and d["name"] and d["units"] > 0 and d["reason"], d
    assert d["residency"] is None and d["error"] or d["memory"] and d["workers"] > 0 and d["turns"] > 0, d
    assert d["residency"] is None or d["scan_chunk"] == 262144 and d["scan_depth"] == max(8, 2 * d["workers"]), d
assert got["reader"] in ("io_uring", "posix") and got["readers"] > 0 and got["cpus"] > 0 and got["io_uring"], got
assert got["ring_slots_max"] > 0 and got["wire_format"] == [0, 6] and got["version"].count(".") == 2, got
assert got["nvme_devices"] >= 0 and got["peer_to_peer_devices"] >= 0 and got["peer_to_peer_bytes"] >= 0, got
assert got["reader"] != "io_uring" or got["ring"].startswith("registered buffers, registered files"), got
assert got["locked_memory_bytes"] is None or got["locked_memory_bytes"] >= 0, got
PYTHON
if grep -q '^device 0' text; then
    code 0 "$STOKER" info --json --probe --device 0 --residency batch
    python3 - <<'PYTHON'
import json
got = json.load(open("out"))
assert list(got) == ["devices"] and len(got["devices"]) == 1, got
probes = got["devices"][0]["probes"]
assert [(p["residency"], p["memory"]) for p in probes] == [("BATCH", "copies")], probes
assert all(p["works"] and p["rounds"] > 0 or p["reason"] for p in probes), probes
PYTHON
    code 0 "$STOKER" info --json --store kept --device 0
    code 0 "$STOKER" info --json --store kept --device 0
    python3 -c 'import json
o = json.load(open("out"))
assert o["store"]["records"] > 0 and o["devices"][0]["program"] != "compiled", o'
fi
refused 'no such OpenCL device' "$STOKER" info --json --device 'no such device'

code 0 env OCL_ICD_VENDORS=/nonexistent OCL_ICD_FILENAMES= "$STOKER" info
grep -q 'no OpenCL device: install a driver' out
grep -q '^device interp: ' out
if grep -q '^device 0' out; then
    fail "a device without a driver"
fi

refused '--residency never: give' "$STOKER" info --residency never
refused '--memory paper: give' "$STOKER" info --memory paper
refused 'no such OpenCL device' "$STOKER" info --device 'no such device'
