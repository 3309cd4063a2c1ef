#!/bin/sh
# Checks the text and the pattern sets that stoker bench scan makes. Compares its count of matches with the count of
# Hyperscan and with the count of a simple independent search.
set -eu
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/bench.sh"

# Makes a dictionary. Some of its words belong to no set: short words, words with an apostrophe, words with other
# letters.
seq 1000 4999 | tr 0-9 abcdefghij | sed 's/^\(.*\)$/\1ed \1ing\n\1'"'"'s/' >words
printf 'ab\n\303\251tudes\n' >>words

# Two executions of the command make the same sets. A larger text begins with the smaller text.
"$STOKER" bench scan --write one --words words --bytes 1M
"$STOKER" bench scan --write two --words words --bytes 2M
for set in frequent76 frequent926 rare76 rare2500; do
    cmp one/$set two/$set || fail "$set is another one the second time"
    [ "$(wc -l <one/$set)" -eq "$(echo $set | tr -dc 0-9)" ] || fail "$set has $(wc -l <one/$set) patterns"
    [ "$(sort -u one/$set | wc -l)" -eq "$(wc -l <one/$set)" ] || fail "$set has a pattern twice"
    ! LC_ALL=C grep -qvxE '[A-Za-z]{4,}' one/$set || fail "$set has patterns of other letters, or short ones"
done
head -c 1048576 two/text | cmp - one/text || fail "the text begins in another way the second time"

# Frequent patterns are words of the text. A rare pattern has the letters of a word and is nowhere in the text.
tr ' ' '\n' <words | sort >sorted
for set in frequent76 frequent926; do
    [ "$(sort one/$set | comm -23 - sorted | wc -l)" -eq 0 ] || fail "$set has patterns that are no words"
done
for set in rare76 rare2500; do
    [ "$(LC_ALL=C grep -Fc -f one/$set two/text)" -eq 0 ] || fail "$set stands in the text"
done
python3 - <<'PYTHON' || fail "a rare pattern has other letters than any word"
words = {"".join(sorted(w)) for w in open("words", encoding="utf-8").read().split()}
assert all("".join(sorted(p.strip())) in words for name in ("rare76", "rare2500") for p in open("one/" + name))
PYTHON

# A set has the size that its name says, or the command refuses the dictionary. A file that exists is not replaced.
echo 'only three words' >few
refused 'too few words' "$STOKER" bench scan --write few_sets --words few --bytes 4K
refused 'text: File exists' "$STOKER" bench scan --write one --words words --bytes 4K
: >none
refused 'holds no words' "$STOKER" bench scan --set rare76 --words none --bytes 4K

# A measured set has the same count as the written set.
measures "wall_median_frequent76 matches_frequent76 wrong_frequent76" \
    scan --set frequent76 --words words --bytes 1M --runs 1 2>err
! grep -q metric=.*_rare76 lines || fail "--set measures another set"
expected=$("$STOKER" scan --device interp --count -f one/frequent76 one/text)
grep -q "^case=scan metric=matches_frequent76 value=$expected " lines || fail "not $expected: $(grep matches lines)"
measures "matches_rare76 wrong_rare76" scan --set rare76 --words words --bytes 64K --runs 1 2>err
grep -q "^case=scan metric=matches_rare76 value=0 " lines || fail "$(grep matches lines)"

# The command reports a peer whose count of matches differs from that of stoker, and still prints all results. The false
# hs_scan below is such a peer. Without Hyperscan there is no row for Hyperscan, and one line names the package to
# install.
mkdir bin
cp "$STOKER" bin/stoker
code 0 bin/stoker bench scan --set rare76 --words words --bytes 64K --runs 1
grep -q 'no row of Hyperscan: install libhyperscan-dev ' err || fail "$(cat err)"
! grep -q peer=hyperscan out || fail "$(cat out)"
printf '#!/bin/sh\necho 7\n' >bin/hs_scan
chmod +x bin/hs_scan
code 1 bin/stoker bench scan --set rare76 --words words --bytes 64K --runs 1
grep -q 'bench scan: hyperscan counts 7 matches where 0 stand in the file' err || fail "$(cat err)"
grep -q 'metric=wrong_rare76 value=2 ' out || fail "$(cat out)"

# whole.py, which times whole processes, also reports a peer with a wrong count of matches. whole.py finds the right
# count by a search of its own, without an automaton.
whole=$(dirname "$0")/../bench/whole.py
code 1 python3 "$whole" peers --stoker bin/stoker --set frequent76 --bytes 64K --runs 1 --state quiet
grep -q '^WRONG: hyperscan counts 7 matches where [0-9]* are: ' out || fail "$(cat out)"
! grep -q '^WRONG: [^h]' out || fail "$(cat out)"
rm bin/hs_scan
code 0 python3 "$whole" peers --stoker bin/stoker --set frequent76 --bytes 64K --runs 1 --loops 1
grep -q '^frequent76 .* 1 loops ' out || fail "$(cat out)"
code 0 python3 "$whole" sizes --stoker bin/stoker --bytes 1000 --runs 1 --state quiet
grep -Eq '^frequent76 .* 1000 ' out || fail "$(cat out)"

# Hyperscan and stoker have the same count, also of matches that overlap or lie across the border of two chunks.
[ -n "$HS_SCAN" ] || exit 0
measures "wall_median_rare76" scan --set rare76 --words words --bytes 64K --runs 1 2>err
[ "$(grep -c peer=hyperscan lines)" -eq 4 ] || fail "no rows of Hyperscan: $(cat lines)"
printf '%s\n' aa aaa aaaa ab ba aba b aa abab bbb xyz >p
python3 -c '
import random
rng = random.Random(5)
print("".join(rng.choice("aaab") for _ in range(30000)) + "xyz", end="")' >t
"$STOKER" scan --device interp -f p t --chunk 4K | sed "s/^ *//" >ours
for chunk in 1 2 3 7 64 4096 262144; do
    "$HS_SCAN" --chunk $chunk p t >theirs
    cmp ours theirs || fail "other counts with chunks of $chunk: $(paste ours theirs)"
    [ "$("$HS_SCAN" --count --chunk $chunk p t)" -eq "$(awk '{ n += $1 } END { print n }' ours)" ] || fail "totals"
done
for set in frequent926 rare2500; do
    "$STOKER" scan --device interp -f one/$set one/text | sed "s/^ *//" >ours
    "$HS_SCAN" one/$set one/text >theirs
    cmp ours theirs || fail "$set: other counts"
done
code 2 "$HS_SCAN" p no-such-file
code 2 "$HS_SCAN" none t
code 2 "$HS_SCAN" p
