# Counts equal a naive count for every reader, device and shape of the stream.
set -eu
. "$(dirname "$0")/lib/common.sh"

# counted OPTION...: the scan of the case at hand gives what the naive count gives.
counted() {
    "$STOKER" scan -f patterns --json --quiet "$@" f? >got.json || fail "seed $seed: $*"
    python3 "$lib/expect.py" want.json <got.json || fail "seed $seed: $*"
}

for seed in 1 2; do
    python3 "$lib/make_case.py" $seed 4096
    python3 "$lib/naive.py" patterns f? >want.json
    counted --chunk 4K --workers 2
    counted --device interp --chunk 5000 --depth 2
done
seed=3
python3 "$lib/make_case.py" $seed 4096
python3 "$lib/naive.py" patterns f? >want.json
for reader in posix uring; do
    counted --chunk 4K --device interp --reader $reader
    counted --chunk 4097 --depth 1 --device interp --reader $reader
done
counted --chunk 4K
counted --chunk 8000 --depth 64 --reader posix
counted --chunk 4K --depth 3 --workers 2
counted --chunk 64K --workers 2 --lanes 4
counted --device auto --lanes 2 # PoCL breaks groups of two lanes: the interpreter
counted --device auto --chunk 4K
for workers in 2 5 16; do
    counted --device interp --workers $workers --chunk 4K --depth 3
done
counted
