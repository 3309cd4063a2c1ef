# A recorded scan replays without a difference, for files and pipes, on any pair of devices.
set -eu
. "$(dirname "$0")/lib/common.sh"

seq 1 120000 >a
seq 5 7 90000 >b
printf '99\n123\n777\n' >p

# replays WORDS ARGS...: requires a replay without a difference whose output has WORDS.
replays() {
    words=$1
    shift
    code 0 "$STOKER" replay --input 0=a --input 1=b "$@"
    grep -q "^no difference: $words" out || fail "$(cat out)"
    [ ! -s err ] || fail "$(cat err)"
}

code 0 "$STOKER" scan --device interp --chunk 8K --depth 5 --record log --epoch 7 -f p --json --offsets 5000 a b
cp out recorded.json
code 0 "$STOKER" scan --device interp --chunk 8K --depth 5 -f p --json --offsets 5000 a b
cmp out recorded.json # recording changes nothing
replays '[1-9][0-9]* epochs, [1-9][0-9]* slots$' --on interp --against recorded log
replays '' --on interp --against interp log

# The input of a pipe has the file's place on the command line as its label.
cat b | code 0 "$STOKER" scan --device interp --chunk 8K --record pipelog -f p --count a -
replays '2 epochs' --on interp --against recorded pipelog

if has_opencl; then
    replays '' log
    replays '' --on opencl --against recorded log
    code 0 "$STOKER" scan --quiet --chunk 8K --workers 2 --depth 16 --record devlog --epoch 9 -f p --json \
        --offsets 5000 a b
    cmp out recorded.json
    replays '' --workers 2 devlog
    replays '' --on interp --against recorded devlog
    replays '' --workers 2 --lanes 4 --on recorded --against opencl devlog
fi

# The log has the read that failed, and no slot for this read.
code 1 "$STOKER" scan --device interp --chunk 8K --record faulted -f p --count a /proc/self/mem b
code 0 "$STOKER" replay --on interp --against interp --input 0=a --input 2=b --json faulted
python3 -c 'import json; o = json.load(open("out")); assert not o["differs"] and o["failures_skipped"] > 0, o'

# The recording of a long scan does not fit into its log. Scan and replay must both report this.
code 0 "$STOKER" scan --device interp --chunk 4K --record small --log-size 256K -f p --count a a a a a a a a a a a a
said 1 'small: holds only the last of .* --log-size'
refused 'start of the recording was overwritten.*--log-size' "$STOKER" replay --on interp --against interp small

# Short epochs fill the log with pages that are mostly empty, so fewer records than a log can hold are too many.
head -c 400000 a >short
code 0 "$STOKER" scan --device interp --chunk 4K --epoch 1 --record small --log-size 256K -f p --count short
said 1 'small: holds only the last of .* --log-size'
refused 'start of the recording was overwritten.*--log-size' "$STOKER" replay --on interp --against interp small
code 0 "$STOKER" scan --device interp --chunk 4K --epoch 1 --record small --log-size 1M -f p --count short
[ ! -s err ]
