/* Stands for a program of someone else that uses the headers alone, in C and in C++. */
#include <stoker/atomic.h>
#include <stoker/stoker.h>

STK_RING_DEFINE(ring_memory, 8);
STK_ARENA_DEFINE(arena_memory, STK_STREAM_BYTES(8, 64) + STK_TENANT_BYTES(4));

int main(void) {
    uint32_t words[2] = {0, 0}, copy[2] = {1, 1};
    stk_store(words, 7);
    stk_store_release(words + 1, 8);
    if (stk_load(words) != 7 || stk_load_acquire(words + 1) != 8 || stk_fetch_add(words, 2) != 7) {
        return 1;
    }
    if (stk_cas(words, 9, 10) != 9 || stk_cas(words, 9, 11) != 10) {
        return 2;
    }
    stk_copy_out(copy, words, 2);
    stk_copy_in(words, copy, 2);
    if (copy[0] != 10 || copy[1] != 8 || words[0] != 10) {
        return 3;
    }
    return ((uintptr_t)ring_memory | (uintptr_t)arena_memory) % STK_ALIGN == 0u ? 0 : 4;
}
