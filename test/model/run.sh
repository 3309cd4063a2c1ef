#!/bin/sh
# run.sh MODEL: proves MODEL.pml with spin and cc in the current folder. Then breaks the model on purpose in each way
# that is listed for it; spin must find an error in each broken model. Exits 77 where spin is not installed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
model=$1
failed=0

command -v spin >/dev/null || {
    echo "model: spin is not installed (apt-get install spin), nothing was proved" >&2
    exit 77
}

# build DIR KIND FLAGS...: builds the verifier of one variant of the model. KIND safety looks for failed assertions and
# deadlocks; KIND live looks for runs that break the LTL formula.
build() {
    dir=$1
    case $2 in
    safety) checks='-DSAFETY -DNOCLAIM' ;;
    live) checks='-DNFAIR=2' ;;
    esac
    shift 2
    rm -rf "$dir"
    mkdir -p "$dir"
    # shellcheck disable=SC2086
    (cd "$dir" && spin -a "$@" "$here/$model.pml" >spin.log 2>&1 && [ -f pan.c ] &&
        awk -f "$here/cover.awk" pan.m >told.m && mv told.m pan.m &&
        ${CC:-cc} -w -include "$here/cover.h" $optimise $checks -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=1500 \
            -o pan pan.c >cc.log 2>&1) || {
        echo "$dir: cannot be built" >&2
        cat "$dir"/*.log >&2
        exit 1
    }
}

# search DIR KIND: searches the whole state space, or up to the first error. KIND live searches under weak fairness.
search() {
    case $2 in
    safety) (cd "$1" && ./pan -m2000000 -w22 >pan.log 2>&1) ;;
    live) (cd "$1" && ./pan -a -f -m2000000 -w22 >pan.log 2>&1) ;;
    esac
}

# why_not DIR KIND: prints why the search proves nothing. Prints nothing if the search was complete and found no error.
why_not() {
    grep -E '^pan:1:|^error:|max search depth|not completed|out of memory|MEMLIM|Segmentation' "$1/pan.log"
    grep -q 'errors: 0$' "$1/pan.log" || echo 'it did not end'
    # A search also finds no error where a mistake in the model keeps a process from some of its steps. So every step of
    # every process must have been taken. The ends of processes ("-end-") do not count, since some processes never end.
    if [ "$2" = safety ]; then
        sed -n '/^unreached in proctype/,$p' "$1/pan.log" | sed '/^unreached in claim/,$d' |
            grep 'state [0-9]' | grep -v '"-end-"'
        awk -v ran="$1/pan.log" -f "$here/cover.awk" "$1/pan.m"
    fi
}

# prove KIND FLAGS...
prove() {
    kind=$1
    shift
    optimise=-O1
    dir="$model.$kind$(printf '%s' "$*" | tr ' ' '.')"
    build "$dir" "$kind" "$@"
    search "$dir" "$kind"
    wrong=$(why_not "$dir" "$kind")
    sed -n -e 's/.*depth reached \([0-9]*\), errors: \([0-9]*\).*/\1 \2/p' \
        -e 's/^ *\([0-9e+.]*\) states, stored.*/\1/p' -e 's/^ *\([0-9.]*\)\ttotal actual memory.*/\1/p' \
        -e 's/^pan: elapsed time \([0-9.]*\).*/\1/p' "$dir/pan.log" | xargs |
        while read -r depth errors states memory seconds; do
            printf '%-34s %9s states, depth %7s, %4.0f MB, %5.1f s, %s errors\n' \
                "$dir" "$states" "$depth" "$memory" "$seconds" "$errors"
        done
    if [ -n "$wrong" ]; then
        printf '%s: NOT proved:\n%s\nreplay: cd %s && ./pan -r\n' "$dir" "$wrong" "$(pwd)/$dir" >&2
        failed=1
    fi
}

# mutate KIND NAME FLAGS...: builds the model with -DNAME and requires that the search fails. A search of kind `safety`
# must find an assertion that is violated. A search of kind `live` must find a cycle without progress.
mutate() {
    kind=$1
    name=$2
    shift 2
    optimise=-O0
    dir="$model.$name"
    build "$dir" "$kind" "-D$name" "$@"
    search "$dir" "$kind"
    case $kind in
    safety) expected='assertion violated' ;;
    live) expected='acceptance cycle' ;;
    esac
    if found=$(grep "^pan:1: $expected" "$dir/pan.log"); then
        echo "mutation $name: found, ${found#pan:1: }"
    else
        echo "mutation $name: NOT found" >&2
        failed=1
    fi
}

case $model in
tickets)
    prove safety
    prove live -DWORKERS=1
    prove live -DPUBLISHERS=1
    for name in WRAP_LESS NO_CREDIT TICKET_STORE PUBLISH_EARLY CLAIM_STORE HARVEST_DONE HEAD_FIRST SLEEPER; do
        mutate safety $name
    done
    ;;
cancel)
    prove safety
    prove live -DWORKERS=1
    for name in CANCEL_STORE CANCEL_CLAIMED CANCEL_TICKET REPAIR_ANY; do
        mutate safety $name
    done
    ;;
io)
    prove safety -DIOS=1
    prove safety -DWORKERS=1
    prove live -DWORKERS=1 -DIOS=1 -DSWEEP_AT_ONCE
    prove safety -DIOS=1 -DHONEST -DPLAIN_CANCEL
    prove live -DWORKERS=1 -DIOS=1 -DHONEST -DPLAIN_CANCEL -DSWEEP_AT_ONCE
    prove safety -DIOS=1 -DHANDLES
    for name in ASK_FIRST ANY_TAG DROP_LATE PLAIN_CANCEL; do
        mutate safety $name -DWORKERS=1
    done
    mutate safety IO_TAKE_STORE
    for name in WAKE_ANY SWEEP_HASTY; do
        mutate safety $name -DHONEST -DPLAIN_CANCEL -DIOS=1
    done
    mutate live NO_SWEEP -DWORKERS=1 -DIOS=1 -DHONEST -DPLAIN_CANCEL
    for name in NO_CHECK REVOKE_MOVING CLAIM_MOVING; do
        mutate safety $name -DWORKERS=1 -DIOS=1 -DHANDLES
    done
    ;;
lost)
    prove safety
    prove live -DWORKERS=1
    for name in LOST_LIVES REPAIR_BLIND TICKET_LAST; do
        mutate safety $name
    done
    for name in CLAIMED_ONLY NO_RETRY_LIMIT NO_REPAIR; do
        mutate live $name -DWORKERS=1
    done
    ;;
bus)
    prove safety
    prove live
    mutate live SWAP
    for name in GUARD_LATE RELEASE_EARLY; do
        mutate safety $name
    done
    ;;
forged)
    prove safety
    prove live
    for name in STATUS_FIRST RELEASE_EARLY BLIND_PUBLISH BLIND_HARVEST ONE_LOOK; do
        mutate safety $name
    done
    ;;
search)
    prove safety -DTURNS=8
    prove live
    prove live -DTURNS=8
    mutate live FORGET_ROUND
    mutate live NO_ROUND -DTURNS=8
    ;;
mail)
    prove safety -DGROUPS=2
    prove safety -DNO_LOSS -DNO_YIELD
    prove live -DGROUPS=2 -DPATIENT
    for name in FULL_STORE TO_ABSENT PLAIN_CLOSE BUSY_EARLY PLAIN_DONE STALE_LOOK RESET_EARLY; do
        mutate safety $name -DNO_LOSS
    done
    mutate live LAZY -DGROUPS=2 -DPATIENT
    ;;
*)
    echo "run.sh: no model $model" >&2
    exit 2
    ;;
esac
exit $failed
