# Files on FUSE that announce a wrong size: they are read with pread and counted to their end.
set -eu
. "$(dirname "$0")/lib/common.sh"

# Only this test sees the mount, which goes away when the test ends.
if [ "${1:-}" != inside ]; then
    unshare -m true 2>/dev/null || {
        echo "no mount namespaces here: nothing was tried"
        exit 0
    }
    exec unshare -m sh "$0" inside
fi

mkdir mnt
"$FUSE_SHORT" mnt 2>fuse.err &
server=$!
trap 'umount -l mnt 2>/dev/null; kill $server 2>/dev/null || true' EXIT # the server would keep the namespace alive
for try in $(seq 600); do
    if [ -e mnt/more ] || ! kill -0 $server 2>/dev/null; then
        break
    fi
    sleep 0.1
done
if [ ! -e mnt/more ]; then
    echo "FUSE cannot be mounted here: $(cat fuse.err)"
    exit 0
fi

printf '0-1-0-1\n00' >copy
printf '0\n-\n' >digits
scan="$STOKER scan --device interp --chunk 4K -f digits"
code 0 $scan copy
cp out want
for file in mnt/more mnt/none; do
    code 0 $scan $file
    cmp out want || fail "$file"
    said 1 "$file lies on FUSE, where io_uring may give bytes twice: files are read with pread"
    code 0 $scan --reader posix $file
    cmp out want || fail "$file, posix"
    [ ! -s err ] || fail "$(cat err)"
    refused "$file: lies on FUSE" $scan --reader uring $file
done
umount mnt
wait $server
trap - EXIT
