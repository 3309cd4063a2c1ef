# tools/stkframes.py: frames of the encoder's test (unit.frame), damaged ones, and how the reader ends.
set -eu
. "$(dirname "$0")/lib/common.sh"
frames="$(dirname "$0")/../../tools/stkframes.py"

# A frame of type 0x81 with number 0x1234 and the data "hi", as unit.frame has it; its CRC-32C is 0x933a81d9.
hi='\245\132\002\000\201\000\064\022hi\331\201\072\223'
printf "$hi" >one
code 0 python3 "$frames" one
echo 'sequence=4660 type=129 data=6869' | cmp - out || fail "one frame: $(cat out)"
echo 'frames=1 missing=0 passed=0' | cmp - err || fail "its counts: $(cat err)"

# Bytes around it are passed over, also those that look like the beginning of a frame.
printf "noise\245\132\002$hi\245" >noisy
code 1 python3 "$frames" noisy
echo 'sequence=4660 type=129 data=6869' | cmp - out || fail "noise: $(cat out)"
echo 'frames=1 missing=0 passed=9' | cmp - err || fail "counts of noise: $(cat err)"

# A frame that lacks its end, and one with another byte.
printf "$hi" | head -c 13 >short
code 1 python3 "$frames" short
[ ! -s out ] || fail "a frame that is cut off: $(cat out)"
printf "$hi" | tr h H >damaged
code 1 python3 "$frames" damaged
[ ! -s out ] || fail "a damaged frame: $(cat out)"

: >nothing
code 0 python3 "$frames" nothing
code 2 python3 "$frames" no_such_file
code 2 python3 "$frames"
code 0 python3 "$frames" --help
