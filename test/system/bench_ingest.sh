# Runs stoker bench ingest with a small file: checks the form of its output, the sums, and that no byte is copied.
set -eu
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/bench.sh"

"$STOKER" info >info
grep -q '^ring          registered buffers' info || {
    echo "skipped: no io_uring with registered memory here"
    exit 0
}

export TMPDIR=$PWD
sizes="bytes_nop_64K reads_nop_64K bytes_sum64_64K reads_sum64_64K bytes_nop_best_64K"
measures "nop_request_1 nop_request_32 $sizes bounce_bytes" ingest --bytes 2M --runs 1 --chunk 64K --device interp 2>err
grep -q '^case=ingest metric=bounce_bytes value=0 ' lines || fail "bytes were copied: $(cat lines)"
if [ "$(id -u)" -eq 0 ]; then # others may not lock as much memory
    sizes="bytes_nop_4K reads_sum64_4K bytes_nop_64K bytes_nop_1024K reads_sum64_1024K"
    measures "$sizes" ingest --bytes 2M --runs 2 --device interp 2>err
fi

# Without fio on the path its figures are reported as missing. Nothing else changes.
mkdir -p empty
PATH=$PWD/empty "$STOKER" bench ingest --bytes 1M --runs 1 --device interp --chunk 64K >lines 2>err
check_lines "bytes_nop_64K" ingest <lines || fail "ingest without its peer"
grep -q 'metric=bytes_nop_64K .* peer=fio peer_value=missing ratio=-' lines || fail "fio is not said to be missing"

refused '--chunk 131072: give 4K' "$STOKER" bench ingest --chunk 128K --device interp

if has_opencl; then
    measures "bytes_nop_64K bytes_sum64_64K bounce_bytes" ingest --bytes 4M --runs 1 --chunk 64K 2>err
    grep -q '^case=ingest metric=bounce_bytes value=0 ' lines || fail "bytes were copied: $(cat lines)"
    grep -q '^stoker: bench ingest: registered buffers, registered files, ' err || fail "$(cat err)"
fi
