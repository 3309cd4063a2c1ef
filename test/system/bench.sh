#!/bin/sh
# stoker bench with tiny counts: the form of what it prints, never how fast anything is.
set -eu
. "$(dirname "$0")/lib/bench.sh"

fail() {
    echo "bench.sh: $*" >&2
    exit 1
}

# refuses COMMAND...: requires exit code 2, one line on stderr and nothing on stdout.
refuses() {
    code=0
    "$STOKER" bench "$@" >out 2>err || code=$?
    [ $code -eq 2 ] || fail "bench $*: exit code $code, not 2"
    [ ! -s out ] || fail "bench $*: wrote to stdout"
    [ "$(wc -l <err)" -eq 1 ] || fail "bench $*: $(wc -l <err) lines on stderr"
}

seq 1 20000 | sed 's/$/ sea shells/' >text
printf '%s\n' 99 shell 'no such words' >patterns
measures "wall_median wall_best cpu_median speed_median in_process_median matches wrong" \
    scan --file text -f patterns --runs 1
grep -q '^case=scan metric=speed_median .* peer=payload peer_value=[0-9]' lines || fail "scan has no payload beside it"
grep -q '^case=scan metric=wrong value=0 ' lines || fail "scan counts wrong: $(cat lines)"
[ "$(grep -c 'peer=rg' lines)" -eq 4 ] || fail "scan says nothing of rg"
grep -q "^case=scan metric=in_process_median .* peer=host_stream_units " lines || fail "scan has no limit beside it"

# A peer that is not on the path is reported as missing. Nothing else changes.
mkdir empty
PATH=$PWD/empty "$STOKER" bench scan --file text -f patterns --runs 1 >lines
check_lines "wall_median" scan <lines || fail "scan without peers"
grep -q 'peer=rg peer_value=missing ratio=-' lines || fail "rg is not said to be missing"

measures "bytes_programmed_per_byte nor_append_mean nor_append_worst mount_reads_16 mount_reads_4096 append_median \
read_best" log --count 500
grep -q 'metric=append_median .* peer=two_seeks_two_writes ' lines || fail "log has no plain peer"

measures "posix_1_64K posix_1_256K posix_1_1024K posix_2_64K posix_2_256K posix_2_1024K" \
    read --bytes 4M --runs 1 --readers 2
grep -q 'peer=pread_threads ' lines || fail "several readers have no peer of as many threads"

refuses
refuses sing
refuses read --readers 17
refuses read --count 3
refuses scan --readers 2
TMPDIR=$PWD/no-such-folder refuses read --bytes 4M
refuses log --runs 3
refuses log --count 1048577
refuses rtt --count 0
refuses rtt --count many
refuses rtt --runs 3
refuses rtt extra
refuses rtt --no-such-option
refuses slots --in-flight 0
refuses idle --bytes 4K
refuses start --count 1
refuses limits --count 1
refuses scan --store file
TMPDIR=$PWD/no-such-folder refuses start
refuses slots --device no-such-device
refuses scan --file text
refuses scan -f patterns
refuses scan --set no-such-set
refuses scan --file text -f patterns --set rare76
refuses scan --file text -f patterns --bytes 4K
refuses scan --words no-such-file
refuses scan --write patterns
TMPDIR=$PWD/no-such-folder refuses scan --words patterns
refuses rtt --set rare76
refuses scan --file no-such-file -f patterns
refuses scan --file . -f patterns
refuses pipeline --bytes 1
refuses pipeline --bytes x
TMPDIR=$PWD/no-such-folder refuses pipeline --bytes 4K
TMPDIR=$PWD/no-such-folder refuses log
"$STOKER" bench --help | grep -q '^usage: stoker bench' || fail "--help"
"$STOKER" bench rtt --help | grep -q '^usage: stoker bench' || fail "rtt --help"

# A benchmark that needs a device measures where there is a device. Otherwise one line says that there is none.
if "$STOKER" info | grep -q '^device 0'; then
    kinds="args_p50 args_p99 args_wrong swap_p50 swap_p99 swap_wrong chunk_p50 chunk_p99 chunk_wrong"
    for mode in resident quantum batch; do
        measures "p50 p99 p99.9 max $kinds clock_p50" rtt --count 100 --residency $mode
        [ "$(grep -c '_wrong value=0 unit=slots' lines)" -eq 3 ] || fail "rtt --residency $mode: $(grep wrong lines)"
        [ "$(grep -c 'peer=host_one_read peer_value=[0-9]' lines)" -eq 8 ] || fail "rtt has no limits beside it"
    done
    measures "trickle_p50 trickle_p99 low_before_critical share_of_equal nop_p99" fair --count 200
    measures "median best" slots --count 1000 --in-flight 8
    # On a terminal, lines are broken at blanks to fit the width.
    python3 "$(dirname "$0")/lib/on_terminal.py" 60 "$STOKER" bench slots --count 1000 >out ||
        fail "slots on a terminal"
    ! grep -E '.{60}' out || fail "a line is too long"
    tr -s ' \n' ' ' <out |
        grep -Eq 'case=slots metric=median value=[^ ]+ unit=slots/s peer=[^ ]+ peer_value=[^ ]+ ratio=' ||
        fail "a figure on a terminal: $(cat out)"
    for limit in host_stream_1 two_threads; do
        grep -q "^case=slots .* peer=$limit peer_value=[0-9]" lines || fail "slots has no $limit beside it"
    done
    measures "from_store from_cache first_with_store" start --runs 1
    # The limits of every kind of memory are measured.
    limits="host_one_read device_one_read host_stream_1 host_stream_4 host_stream_16 host_stream_units device_stream_1"
    for how in "" "--memory use-host" "--memory alloc-host" "--residency batch"; do
        measures "units lanes $limits device_stream_4 device_stream_16 device_stream_units" limits $how 2>err
        grep -Eq '^stoker: bench limits: .*; [0-9]+ workers? of [0-9]+ lanes?\)$' err || fail "limits $how: $(cat err)"
        awk '{ sub("value=", "", $3); if ($3 + 0 <= 0) exit 1 }' lines || fail "limits $how: not above 0"
    done
    measures "chunks_4K speed_4K best_4K classic_items_4K speed_of_limit_4K best_of_limit_4K chunks_64K speed_64K" \
        pipeline --bytes 100K --runs 1
    for limit in read_alone sum_alone read_beside_sum two_threads; do
        grep -q "^case=pipeline metric=speed_64K .* peer=$limit peer_value=[0-9]" lines || fail "pipeline has no $limit"
    done
    # The fraction in the report belongs to the lowest limit.
    awk '/metric=speed_64K .*peer=(read|sum)_/ {
            sub("peer_value=", "", $6)
            if (!low || $6 + 0 < low) { low = $6 + 0; name = $5 }
        }
        /metric=speed_of_limit_64K/ { if ($5 != name) exit 1; found = 1 } END { if (!found) exit 1 }' lines ||
        fail "pipeline: $(grep 64K lines)"
    measures "speed_16K best_of_limit_16K" pipeline --bytes 100K --runs 1 --chunk 16K
    [ "$(grep -c '_16K ' lines)" -eq "$(wc -l <lines)" ] || fail "pipeline --chunk 16K: $(cat lines)"
    refuses pipeline --chunk 8K
else
    refuses rtt --count 100
    refuses slots --count 1000
    refuses start
    refuses limits
    refuses pipeline --bytes 100K
    refuses idle --count 3
fi
mkdir vendors
export OCL_ICD_VENDORS=$PWD/vendors
refuses rtt --count 100
measures "wall_median in_process_median" scan --file text -f patterns --runs 1
