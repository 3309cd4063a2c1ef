# Several devices share a scan: the output must be, byte for byte, the output with one device. Each device must have had
# a part of the work.
set -eu
. "$(dirname "$0")/lib/common.sh"

python3 "$lib/make_case.py" 11 4096
yes 'the then he' | head -c 600000 >f8
printf 'the\nhe\nthen he' >>patterns
: >f9

# The output with one device, in every form, to compare with.
n=0
for form in "" --count --json "--offsets 1" "--offsets 7 --json" "--offsets 3000" "--offsets 90000 --json"; do
    n=$((n + 1))
    "$STOKER" scan --quiet -f patterns --device interp $form f? >one.$n
done

# equal DEVICES FORMS OPTION...: these devices print the same in the forms with these numbers.
equal() {
    devices=$1 forms=$2
    shift 2
    n=0
    for form in "" --count --json "--offsets 1" "--offsets 7 --json" "--offsets 3000" "--offsets 90000 --json"; do
        n=$((n + 1))
        case $forms in *$n*) ;; *) continue ;; esac
        "$STOKER" scan --quiet -f patterns --device "$devices" $form "$@" f? >several || fail "$devices: $form $*"
        cmp one.$n several || fail "$devices: $form $*"
    done
}

# shared DEVICES N: each of N devices had a part of f8.
shared() {
    code 0 "$STOKER" scan --stats -f patterns --device "$1" --chunk 4K f8
    [ "$(grep -Ec '^share         [1-9][0-9]* slots?, [1-9][0-9]* bytes$' err)" -eq "$2" ] || fail "$1: $(cat err)"
    [ "$(grep -c '^device  ' err)" -eq "$2" ]
    grep -q '^bytes         600000$' err || fail "a byte went twice, or never: $(cat err)"
}

python3 "$lib/naive.py" patterns f? >want.json
"$STOKER" scan --quiet -f patterns --device interp,interp --chunk 4K --json f? >got.json
python3 "$lib/expect.py" want.json <got.json

equal interp,interp 1234567 --chunk 4K
equal interp,interp,interp 567 --chunk 4097 --depth 2 --reader posix
equal interp,interp 57
shared interp,interp 2
shared interp,interp,interp,interp 4

# Many small files are shared among the devices, and the results stand in the order of the files.
mkdir many
for n in $(seq 100 179); do
    printf 'the then %s he\n' "$n" >many/$n
done
: >many/140
for form in "--by-file --count" "--offsets 100" "--json --offsets 33"; do
    "$STOKER" scan --quiet -f patterns --device interp -r $form many >one
    "$STOKER" scan --quiet -f patterns --device interp,interp,interp -r $form many >several
    cmp one several || fail "many files: $form"
done
code 0 "$STOKER" scan --stats -f patterns --device interp,interp -r many
[ "$(grep -Ec '^share         [1-9][0-9]* slots?, [1-9][0-9]* bytes$' err)" -eq 2 ] || fail "many files: $(cat err)"
# With few descriptors fewer files are open at once, and none is left out.
(ulimit -n 40 && "$STOKER" scan --quiet -f patterns --reader posix --device interp,interp,interp -r --count many) >few
"$STOKER" scan --quiet -f patterns --device interp -r --count many | cmp - few

# A device goes on to other files while another device reads a FIFO, past an empty file too.
mkfifo fifo
"$STOKER" scan --quiet -f patterns --device interp --count f8 f1 >one
"$STOKER" scan --quiet -f patterns --device interp,interp --reader posix --readers 2 --count fifo f9 f1 >several &
pid=$!
exec 3>fifo
has_open $pid f1
cat f8 >&3
exec 3>&-
wait $pid || fail "a FIFO, an empty file and a file: exit code $?"
cmp one several

# A device has several small files in flight. A file with more matches than a list has room for is scanned a second
# time, and its bytes and matches count once. A large file and an empty one lie between the small ones.
mkdir mixed
for n in $(seq 100 159); do
    printf 'then %s the\n' "$n" >mixed/$n
done
for n in 105 120 121 150; do
    yes 'the he' | head -c $((n * 100)) >mixed/$n
done
head -c 150000 f8 >mixed/130
: >mixed/140
python3 "$lib/naive.py" patterns mixed/* >want.json
for devices in interp interp,interp; do
    for depth in 1 3 16; do
        "$STOKER" scan --quiet -f patterns --device $devices --depth $depth --chunk 16K --json --stats \
            -r mixed >got.json
        python3 "$lib/expect.py" want.json <got.json
        python3 -c '
import json
got = json.load(open("got.json"))
assert got["stats"]["bytes"] == sum(f["bytes"] for f in got["files"]), got["stats"]'
    done
    "$STOKER" scan --quiet -f patterns --device $devices --chunk 16K --json --offsets 500 -r mixed >offsets.$devices
    "$STOKER" scan --quiet -f patterns --device $devices --chunk 16K --json --offsets 9 -r mixed >few.$devices
done
cmp offsets.interp offsets.interp,interp
cmp few.interp few.interp,interp
"$STOKER" scan --quiet -f patterns --device interp --json --offsets 500 mixed/* >alone
cmp alone offsets.interp

# One device alone scans a pipe.
code 0 "$STOKER" scan --quiet -f patterns --device interp --count f8
cp out one
cat f8 | code 0 "$STOKER" scan --quiet -f patterns --device interp,interp --chunk 4K --count -
cmp one out

# The matches of a file that fails do not count, and the message says where it failed, with one device and with several.
for devices in interp interp,interp; do
    code 1 "$STOKER" scan --quiet --chunk 4K --device $devices -f patterns --json --offsets 100 f0 /proc/self/mem f8
    cp out "failed.$devices"
done
cmp failed.interp failed.interp,interp

code 0 "$STOKER" scan --quiet --json --stats -f patterns --device interp --device interp --chunk 4K f8
python3 -c '
import json
stats = json.load(open("out"))["stats"]
assert len(stats["devices"]) == 2 and all(d["bytes"] > 0 and not d["lost"] for d in stats["devices"]), stats
assert sum(d["bytes"] for d in stats["devices"]) == stats["bytes"] == 600000, stats'

export POCL_DEVICES="pthread pthread"
if has_opencl && "$STOKER" info | grep -q '^device 1'; then
    [ "$("$STOKER" info | grep -c '^device [01]: pthread')" -eq 2 ]
    code 0 "$STOKER" info --device 1
    [ "$(grep -c '^device ' out)" -eq 1 ]
    grep -q '^device 1: ' out
    equal 0,1 57 --chunk 4K
    equal all 7 --chunk 8K --workers 2 --lanes 4
    equal 1,interp 6 --chunk 4K
    shared all 2
fi

refused 'an empty name' "$STOKER" scan -f patterns --device interp, f0
refused '--device all: names every OpenCL device' "$STOKER" scan -f patterns --device all,interp f0
refused 'more than 16 devices' "$STOKER" scan -f patterns --device "$(yes interp | head -17 | paste -sd ,)" f0
refused 'writes down what one device does' "$STOKER" scan -f patterns --device interp,interp --record log f0
refused 'no OpenCL device named no such' "$STOKER" scan -f patterns --device 'interp,no such' f0
refused '--device all: no OpenCL device was found' env OCL_ICD_VENDORS=/nonexistent OCL_ICD_FILENAMES= \
    "$STOKER" scan -f patterns --device all f0
