# Changes pan.m, which spin makes, so that the verifier prints each step that it has taken. Spin itself counts a step as
# reached as soon as the guard of the step was evaluated. With -v ran=FILE: prints the steps that FILE does not list,
# but for steps that spin merged into a listed step.
BEGIN {
    while (ran != "" && (getline line < ran) > 0) {
        if (split(line, word, " ") == 2 && word[1] == "ran") taken[word[2]] = 1
    }
}
/^\t\t \/\* (PROC|CLAIM)/ { actor = $2 == "PROC" ? $3 : ""; n = "" }
/^\tcase [0-9]+: +\/\/ STATE/ { n = $2; sub(":", "", n); title[n] = $0; state[n] = $5; who[n] = actor }
n != "" && match($0, /reached\[[0-9]+\]\[[0-9]+\] = 1/) {
    text = substr($0, RSTART + 8, RLENGTH - 13)
    sub(/\]\[/, ".", text)
    at[n] = at[n] " " text
    split(text, part, ".")
    proc[n] = proc[n] == "" ? part[1] : proc[n]
}
n != "" && /sv_save\(\);/ { sub(/sv_save\(\);/, "sv_save(); stk_ran[" n "] = 1;") }
n != "" && /_m = [0-9]+; goto P999/ { sub(/_m = /, "stk_ran[" n "] = 1; _m = ") }
ran == "" { print }
END {
    if (ran != "") {
        for (c in taken) {
            covered[proc[c] "." state[c]] = 1
            count = split(at[c], part, " ")
            for (i = 1; i <= count; i++) covered[part[i]] = 1
        }
        for (c in title) {
            if (who[c] != "" && title[c] !~ /-end-|\.\(goto\)|\[\(1\)\]/ && !((proc[c] "." state[c]) in covered)) {
                sub(/.*\/\/ STATE /, "", title[c])
                print "never taken, " who[c] ": state " title[c]
            }
        }
    }
}
