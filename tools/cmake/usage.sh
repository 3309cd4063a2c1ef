# shellcheck shell=sh
# Sourced by scripts whose head is a comment "# NAME ARGUMENTS: what it does".

# answer_usage LEAST ARGUMENT...: -h and --help print that comment and end the script. Fewer than LEAST arguments, and
# an unknown option, end it with its usage and status 2.
answer_usage() {
    least=$1
    shift
    usage="usage: $(sed -n '2s/^# \([^:]*\):.*/\1/p' "$0")"
    case "${1-}" in
    -h | --help)
        printf '%s\n\n' "$usage"
        sed -n '2,/^[^#]/s/^# *//p' "$0" | fmt -w 79
        exit 0
        ;;
    -*) least=$(($# + 1)) ;;
    esac
    [ $# -ge "$least" ] || {
        echo "$usage" >&2
        exit 2
    }
}
