# Sockets as files of a scan: TCP, Unix and UDP over loopback; the counts are those of the same bytes in a file.
set -eu
. "$(dirname "$0")/lib/common.sh"

cat >peer.py <<'PYTHON'
"""peer.py KIND FILE [ADDRESS]: sends a file. tcp and unix listen, print the address, and send in odd parts to who
connects; udp sends the lines of the file to ADDRESS, each in a datagram, and then an empty one. It sends 32 datagrams
at a time, once the receiver's queue is nearly empty, so none is dropped."""
import random, socket, sys, time
kind, name = sys.argv[1], sys.argv[2]
data, r = open(name, "rb").read(), random.Random(1)
if kind == "udp":
    host, port = sys.argv[3].rsplit(":", 1)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((host, int(port)))
    def queued():
        """bytes that wait in the receiver's socket, as the kernel counts them"""
        rows = [line.split() for line in open("/proc/net/udp")]
        return sum(int(r[4].split(":")[1], 16) for r in rows if r[1].endswith(":%04X" % int(port)))
    for n, line in enumerate(data.splitlines()):
        s.send(line)
        while n % 32 == 31 and queued() > 16384:
            time.sleep(0.001)
    s.send(b"")
    sys.exit(0)
s = socket.socket(socket.AF_INET if kind == "tcp" else socket.AF_UNIX, socket.SOCK_STREAM)
s.bind(("127.0.0.1", 0) if kind == "tcp" else "peer.sock")
s.listen(1)
print("tcp:127.0.0.1:%d" % s.getsockname()[1] if kind == "tcp" else "unix:peer.sock", flush=True)
c, _ = s.accept()
while data:
    n = r.choice([1, 7, 1448, 4096, 30000])
    c.sendall(data[:n])
    data = data[n:]
PYTHON

seq 1 3000 | sed 's/$/ the then he/' >text
printf 'the\nhe\nthen\n99 the\nhe1\n' >words
timeout_s=300

# address FILE: waits until peer.py has written its address to FILE, and prints the address.
address() {
    for _ in $(seq 1 1200); do
        [ -s "$1" ] && { cat "$1"; return; }
        sleep 0.05
    done
    echo "no peer" >&2
    exit 1
}

for reader in posix uring; do
    scan() {
        timeout $timeout_s "$STOKER" scan --quiet --json --offsets 20 --chunk 4K --reader $reader --device interp \
            -f words "$@"
    }
    scan text >want.json
    for kind in tcp unix; do
        rm -f peer.sock address
        python3 peer.py $kind text >address &
        scan "$(address address)" >got.json
        wait
        python3 - $kind <<'PYTHON'
import json, sys
want, got = json.load(open("want.json")), json.load(open("got.json"))
for key in ["total", "patterns", "offsets"]:
    for o in want["offsets"] + got["offsets"]:
        o.pop("file", None)
    assert got[key] == want[key], (sys.argv[1], key, got[key], want[key])
PYTHON
    done
done

# UDP: each datagram is scanned by itself, so the file with line feeds, which no pattern has, counts the same. The chunk
# holds the longest datagram. A datagram's offset counts the bytes of those before it.
free_port() {
    python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}
for reader in posix uring; do
    port=$(free_port)
    timeout $timeout_s "$STOKER" scan --quiet --json --offsets 30000 --chunk 64K --reader $reader --device interp \
        -f words udp:127.0.0.1:$port >got.json &
    scan_pid=$!
    for _ in $(seq 1 1200); do
        grep -qi ":$(printf %04X "$port") " /proc/net/udp && break
        sleep 0.05
    done
    python3 peer.py udp text 127.0.0.1:$port
    wait $scan_pid
    "$STOKER" scan --quiet --json --device interp -f words text >want.json
    python3 - <<'PYTHON'
import json
want, got = json.load(open("want.json")), json.load(open("got.json"))
lines = open("text", "rb").read().splitlines()
assert got["total"] == want["total"] and got["patterns"] == want["patterns"], (got["total"], want["total"])
joined = b"".join(lines)
assert got["files"][0]["bytes"] == len(joined)
words = open("words", "rb").read().split(b"\n")
assert len(got["offsets"]) == got["total"]
for o in got["offsets"]:
    pattern = words[o["pattern"]]
    assert joined[o["offset"]:o["offset"] + len(pattern)] == pattern, o
    assert pattern != b"he1", o # over the border of two datagrams
PYTHON
done

# A datagram that is longer than its read is cut. The scan reports this, and does not wait for the end of the source.
head -c 5000 /dev/zero >long
for reader in posix uring; do
    port=$(free_port)
    timeout $timeout_s "$STOKER" scan --chunk 4K --reader $reader --device interp -f words udp:127.0.0.1:$port \
        >got 2>err &
    scan_pid=$!
    for _ in $(seq 1 1200); do
        grep -qi ":$(printf %04X "$port") " /proc/net/udp && break
        sleep 0.05
    done
    python3 - $port <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(open("long", "rb").read(), ("127.0.0.1", int(sys.argv[1])))
PYTHON
    code=0
    wait $scan_pid || code=$?
    [ $code != 0 ] && [ $code != 124 ] && grep -q "use --chunk 64K" err || { cat err >&2; exit 1; }
done

# Names that are no addresses, and peers that are not there.
refused() {
    want=$1
    shift
    if timeout $timeout_s "$STOKER" scan --device interp -e the "$@" >out 2>err; then
        echo "not refused: $*" >&2
        exit 1
    fi
    grep -q "$want" err || { cat err >&2; exit 1; }
}
refused "tcp:HOST:PORT" tcp:nowhere
refused "udp:HOST:PORT" udp:127.0.0.1:
refused "unix:PATH" unix:
refused "No such file" unix:no.sock
refused "refused" "tcp:127.0.0.1:$(free_port)"
"$STOKER" scan --count --device interp -e the text unix:no.sock >out 2>err && exit 1
grep -q "^3000$" out || grep -q "^6000$" out
