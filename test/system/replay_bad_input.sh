# Input that cannot be replayed must be refused with one line that says what to do.
set -eu
. "$(dirname "$0")/lib/common.sh"

seq 1 20000 >a
printf '99\n' >p
"$STOKER" scan --device interp --chunk 8K --record log -f p --count a >/dev/null
replay="$STOKER replay --on interp --against interp"

refused 'no log to replay' "$STOKER" replay
refused 'more than one log' $replay log log
refused 'no option --nonsense: see stoker replay' $replay --nonsense log
refused '--workers 0' $replay --workers 0 log
refused '--input x' $replay --input x log
refused '--input x' $replay --input x=a log
refused '--input 1' $replay --input 1= log
refused '--input needs a value' $replay log --input
refused 'both recorded' "$STOKER" replay --on recorded --against recorded log
refused '--on nosuchdevice' "$STOKER" replay --on nosuchdevice --against recorded --input 0=a log
refused 'nosuchfile' $replay nosuchfile
refused 'directory' $replay .
refused 'no replay log' $replay a
refused '--handler nosuchfile' "$STOKER" replay --handler nosuchfile --on opencl --against recorded log
for list in '' '#define STK_HANDLERS(X)' '#define STK_HANDLERS(X) X(1u, f)' \
    '#define STK_HANDLERS(X) X(BASE, f, STK_WIDE, c)' \
    '#define STK_HANDLERS(X) X(0x20001u, f, STK_WIDE)' '#define STK_HANDLERS(X) X(0x20001u, f, STK_WIDE, )' \
    '#define STK_HANDLERS(X) X(0x20001u, f, STK_NARROW, c)' \
    '#define STK_HANDLERS(X) X(0x20001u, f, STK_WIDE, c) and more'; do
    printf 'text\n%s\n' "$list" >handlers
    refused '--handler handlers: end the file with its list' \
        "$STOKER" replay --handler handlers --on opencl --against recorded log
done
refused '--epoch without --record' "$STOKER" scan -f p --epoch 3 a
refused '--log-size without --record' "$STOKER" scan -f p --log-size 1M a
refused '--log-size 4096: too small' "$STOKER" scan -f p --record x --log-size 4K a
refused '--epoch 0' "$STOKER" scan -f p --record x --epoch 0 a
refused 'nosuchdir/x: No such file' "$STOKER" scan --device interp -f p --record nosuchdir/x a

# A v1 log has neither shape nor inputs.
{
    printf 'VRRL0001\001\000\000\000\000\000\000\000\004\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000'
    head -c 256 /dev/zero
} >v1
refused 'v1 log.*stoker scan --record' $replay v1

# Inputs that are missing, or not what they were.
refused 'input 0, which no option names: give --input 0=PATH' $replay log
refused 'nosuchfile' $replay --input 0=nosuchfile log
head -c 3000 a >short
refused 'short: it is shorter' $replay --input 0=short log
sed 's/7/8/' a >other
refused 'bytes of input 0 at .* are not those' $replay --input 0=other log
# A FIFO that nobody writes into does not hold the command up.
mkfifo fifo
refused 'fifo: is no regular file' $replay fifo
refused 'fifo: is no regular file' $replay --input 0=fifo log
refused 'fifo: is no regular file' $replay --input 0=a --tables fifo log
refused '--handler fifo: no process has it open for writing' \
    "$STOKER" replay --handler fifo --on opencl --against recorded log
refused 'fifo: is no regular file' "$STOKER" log verify fifo
refused 'fifo: is no regular file' "$STOKER" bench scan --file fifo -f p
refused 'fifo: is no regular file' "$STOKER" bench scan --file a -f fifo
refused '--store fifo' "$STOKER" info --store fifo
mv log.tables tables
refused 'log.tables: No such file.*--tables' $replay --input 0=a log
code 0 $replay --input 0=a --tables tables log
refused 'bytes of input 4294967295' $replay --input 0=a --tables a log
mv tables log.tables

# Damage: a bit of a record in the middle.
cp log damaged
python3 -c '
f = open("damaged", "r+b")
f.seek(4096 + 3 * 64 + 20)
b = f.read(1)
f.seek(-1, 1)
f.write(bytes([b[0] ^ 4]))'
refused 'record [0-9]*: records before it are missing or damaged' $replay --input 0=a --tables log.tables damaged

# A small log may announce a large instance or a slot that never ends; options bound both.
announce="env PYTHONDONTWRITEBYTECODE=1 STKLOG_DIR=$(dirname "$0")/../../tools python3 $lib/announce.py"
cp log large
$announce large 4294836224
refused 'large: record .*: the recorded instance has .* bytes.*: give --size-max 42948' $replay large
$announce large 536870912
code 0 $replay --size-max 1G large
refused '--size-max 0: give bytes' $replay --size-max 0 large
cp log never
$announce never 1048576 never
refused 'slot 1 did not end on interp in time: give a longer --timeout' $replay --timeout 200 never
refused '--timeout 0: give whole milliseconds' $replay --timeout 0 never

# A log without a record.
code 0 "$STOKER" scan --device interp --record whole -f p --count a
head -c 4096 whole >empty
truncate -s "$(stat -c %s whole)" empty
refused 'empty: the log is empty' $replay empty

code 0 "$STOKER" replay --help
grep -q -- '--against' out
