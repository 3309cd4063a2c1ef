#!/bin/sh
# trap.sh COMMAND...: runs the program board_trap by COMMAND. Fails unless the program wrote its line before the trap
# and none after the trap, and the run ended with status 1. An emulator that finds no image ends with status 1 too, but
# then the output has no line of the program.
output=$("$@" 2>&1)
status=$?
printf '%s\n' "$output"
if ! printf '%s\n' "$output" | tr -d '\r' | grep -qx 'board_trap: reads an address that no board has'; then
    echo "FAILED: status $status, and the program has not run: the output has no line of it"
    exit 1
fi
case $output in
*'board_trap: goes on'*)
    echo "FAILED: the program went on after the read"
    exit 1
    ;;
esac
if [ "$status" -ne 1 ]; then
    echo "FAILED: status $status where a trap ends with status 1"
    exit 1
fi
