# Man pages, and completions for bash and zsh.
set -eu
. "$(dirname "$0")/lib/common.sh"

pages='scan info bench replay log conform help'

# The pages that the build wrote must equal the pages that the command prints.
"$STOKER" help --man | cmp - "$STOKER_SHARE/man/man1/stoker.1"
for page in $pages; do
    "$STOKER" help --man $page | cmp - "$STOKER_SHARE/man/man1/stoker-$page.1"
done
"$STOKER" help --completion bash | cmp - "$STOKER_SHARE/bash-completion/completions/stoker"
"$STOKER" help --completion zsh | cmp - "$STOKER_SHARE/zsh/site-functions/_stoker"

# groff formats each manual page without a warning. Each page has every option that the help has.
if command -v groff >groff; then
    for page in '' $pages; do
        "$STOKER" help --man $page >page
        MANWIDTH=80 groff -man -ww -Tascii -P-cbou page >text 2>warnings || fail "groff: $(cat warnings)"
        [ ! -s warnings ] || fail "the page of '$page': $(cat warnings)"
        for section in NAME SYNOPSIS OPTIONS 'EXIT STATUS' 'SEE ALSO'; do
            grep -q "^$section\$" text || fail "the page of '$page' has no section $section"
        done
        "$STOKER" help $page | sed -n 's/^  ....\(--[a-z-]*\).*/\1/p' >options
        while read -r option; do
            grep -q -- "^  .*$option" text || fail "the page of '$page' lacks $option"
        done <options
    done
fi

# completed WANT WORD...: in bash these words, in order, complete the last WORD.
completed() {
    want=$1
    shift
    bash --norc -c '. "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_stoker
printf "%s\n" "${COMPREPLY[@]}"' bash "$STOKER_SHARE/bash-completion/completions/stoker" "$@" | LC_ALL=C sort >got
    [ "$(echo $(cat got))" = "$want" ] || fail "bash completes '$*' to: $(cat got)"
}
mkdir folder
touch 'file one' file-two
if command -v bash >shell; then
    completed 'scan' stoker sc
    completed '--help --version -V -h' stoker -
    completed '--by-file' stoker scan --by
    completed '--readers' stoker scan -e he --readers
    completed 'always auto never' stoker scan --color ''
    completed 'always' stoker scan --color = al
    completed 'always auto never' stoker scan --color =
    completed 'uring' stoker scan --reader u
    completed 'file one file-two' stoker scan -f fi
    completed 'folder' stoker scan -e he fo
    completed '' stoker scan --depth ''
    completed 'read rtt' stoker bench r
    completed 'dump' stoker log du
    completed 'file one file-two' stoker log dump file
    completed 'replay' stoker help re
fi

# zsh: what a terminal shows after a tab.
if command -v zsh >shell; then
    cat >complete.py <<'PYTHON'
import os, pty, re, select, sys, time
line, want = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", PS1="", HOME=os.getcwd(), ZDOTDIR=os.getcwd())
    os.execvp("zsh", ["zsh", "-f", "-i"])
seen = b""


def read(until, seconds):
    global seen
    end = time.monotonic() + seconds
    while time.monotonic() < end and not re.search(until, seen):
        if select.select([fd], [], [], 0.1)[0]:
            seen += os.read(fd, 65536)
    return re.search(until, seen)


def send(text):
    os.write(fd, text.encode())


send(f"fpath=({os.environ['STOKER_SHARE']}/zsh/site-functions $fpath); autoload -U compinit; compinit -u -D; PS1=; "
     "unsetopt zle_bracketed_paste; setopt no_beep; print re''ady\n")
ok = read(b"ready\r?\n", 60)
seen = b""
send(line + "\t")
ok = ok and read(want.encode(), 30)
os.kill(pid, 9)
os.waitpid(pid, 0)
if not ok:
    sys.exit(f"zsh completes '{line}' to: {seen}")
PYTHON
    python3 complete.py 'stoker sc' 'stoker scan '
    python3 complete.py 'stoker scan --by-' 'stoker scan --by-file '
    python3 complete.py 'stoker scan --color=al' 'stoker scan --color=always '
    python3 complete.py 'stoker scan -f file-t' 'stoker scan -f file-two '
    python3 complete.py 'stoker bench pay' 'stoker bench payload '
    python3 complete.py 'stoker log ve' 'stoker log verify '
    python3 complete.py 'stoker scan --reader ur' 'stoker scan --reader uring '
fi
