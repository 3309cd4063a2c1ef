#!/bin/sh
# calls.sh ARCHIVE CALL...: checks that the archive makes no OpenCL call that is not in the list.
set -eu
archive=$1
shift
missing=''
used=$("${NM:-nm}" -u "$archive" | awk '$2 ~ /^cl[A-Z]/ { print $2 }' | sort -u)
[ -n "$used" ] || { echo "no OpenCL call in $archive" >&2; exit 1; }
for call in $used; do
    case " $* " in
    *" $call "*) ;;
    *) missing="$missing $call" ;;
    esac
done
[ -z "$missing" ] || { echo "add to FAULT_CALLS and wrap:$missing" >&2; exit 1; }
