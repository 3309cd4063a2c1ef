/* stoker port helper: a queue through an array, by index. An element is in one queue at most, and has a field
 * `uint32_t next` for it. A port keeps its reads in such queues: free, waiting, finished. */
#ifndef STOKER_PORT_INDEX_LIST_H
#define STOKER_PORT_INDEX_LIST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STK_INDEX_NONE UINT32_MAX /* no element: the head of an empty queue */

struct stk_index_list {
    uint32_t head, tail;
};

/* The `next` of element `index`; `next` is that of element 0, and elements lie `stride` bytes apart. */
static inline uint32_t *stk_index_next_(uint32_t *next, size_t stride, uint32_t index) {
    return (uint32_t *)(void *)((uint8_t *)(void *)next + stride * index);
}

static inline void stk_index_list_clear(struct stk_index_list *list) {
    list->head = STK_INDEX_NONE;
    list->tail = STK_INDEX_NONE;
}

/* Appends element `index` of `array` to the queue. */
#define STK_INDEX_PUSH(array, list, index) stk_index_push_(&(array)->next, sizeof *(array), list, index)
static inline void stk_index_push_(uint32_t *next, size_t stride, struct stk_index_list *list, uint32_t index) {
    *stk_index_next_(next, stride, index) = STK_INDEX_NONE;
    if (list->tail == STK_INDEX_NONE) {
        list->head = index;
    } else {
        *stk_index_next_(next, stride, list->tail) = index;
    }
    list->tail = index;
}

/* Removes the first element of the queue and returns its index. The queue must not be empty. */
#define STK_INDEX_POP(array, list) stk_index_pop_(&(array)->next, sizeof *(array), list)
static inline uint32_t stk_index_pop_(uint32_t *next, size_t stride, struct stk_index_list *list) {
    uint32_t index = list->head;
    list->head = *stk_index_next_(next, stride, index);
    if (list->head == STK_INDEX_NONE) {
        list->tail = STK_INDEX_NONE;
    }
    return index;
}

#ifdef __cplusplus
}
#endif
#endif
