# Planted mistakes of the store, as mutants.cmake has those of the log.
set(mutant_suite store_powerloss)

## Bugs in what the store does for media that fail ##

stk_mutant(whole_tail store_mount.c "store->next = tail - (store->log.page_cells - 1u);" "store->next = tail;"
  --geometry 9)
stk_mutant(lazy_jump store_mount.c "store->log.geometry.lazy || tail - head" "tail - head" --geometry 21)
stk_mutant(no_older store_read.c "        if (got == STK_E_CORRUPT) {
            got = give_way(store, stk_store_older(store));"
  "        if (got == STK_E_CORRUPT) {
            got = give_way(store, 0);" --geometry 0)
stk_mutant(unread_is_damaged store_read.c "} else if (store->iter.unreadable != 0u) {" "} else if (0) {" --geometry 0)
stk_mutant(unread_is_dropped store.c "store->iter.unreadable == 0u" "1" --geometry 6)
stk_mutant(remains_come_back store.c "} else if (!store->unsettled) {" "} else {" --geometry 0)
stk_mutant(one_lap log_cell.c "    stk_put32(bytes + 4, lap);" "    stk_put32(bytes + 4, 0);" --geometry 0)

## Bugs in the rest of the store ##

stk_mutant(holes store_mount.c "scan->whole = scan->whole && in_doubt" "scan->whole = (in_doubt, scan->whole)"
  --geometry 8)
stk_mutant(removed_at_mount store_mount.c
  "        stk_store_leave(store, stk_store_entry_of(store, store->open.key));" "" --geometry 0)
stk_mutant(removed_version store_older.c "return cell->kind == STORE_REMOVED ? -1 : 0;" "return 0;" --geometry 1)
stk_mutant(dropped_silently store.c "err = append_note(store, STORE_REMOVED, oldest->key, oldest);" "err = STK_OK;"
  --geometry 1 --cuts 1000000)
stk_mutant(no_sync store.c "return err == STK_OK ? sync(store) : err;" "return err;" --geometry 7)
