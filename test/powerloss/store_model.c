#include "store_model.h"

#include <stddef.h>
#include <string.h>

void model_start(struct model *m) {
    memset(m, 0, sizeof *m);
}

struct deed *model_do(struct model *m, uint32_t key, bool put, uint32_t bytes, uint32_t blocks) {
    struct history *h = &m->key[key];
    if (h->n == DEEDS_MAX) {
        memmove(h->deed, h->deed + 1, (DEEDS_MAX - 1) * sizeof h->deed[0]);
        h->n--;
    }
    h->deed[h->n] = (struct deed){.call = m->call, .bytes = bytes, .put = put, .blocks = blocks};
    return &h->deed[h->n++];
}

void model_copied(struct model *m) {
    for (uint32_t k = 0; k < KEYS; k++) {
        for (uint32_t i = 0; i < m->key[k].n; i++) {
            m->key[k].deed[i].copied |= m->key[k].deed[i].call == m->call;
        }
    }
}

void model_keep(struct model *m) {
    for (uint32_t k = 0; k < KEYS; k++) {
        for (uint32_t i = 0; i < m->key[k].n; i++) {
            m->key[k].deed[i].firm |= m->key[k].deed[i].call == m->call;
        }
    }
}

/* Notes that an erase of `block` has begun. A deed with cells in this block may be lost from now on, and so may all
 * older deeds of the same key. */
void model_erase(struct model *m, uint32_t block) {
    for (uint32_t k = 0; k < KEYS; k++) {
        bool erasing = false;
        for (uint32_t i = m->key[k].n; i-- != 0;) {
            struct deed *d = &m->key[k].deed[i];
            erasing = erasing || (d->blocks >> block & 1u) != 0;
            d->erasing = d->erasing || erasing;
        }
    }
}

void model_erased(struct model *m, uint32_t block) {
    for (uint32_t k = 0; k < KEYS; k++) {
        for (uint32_t i = 0; i < m->key[k].n; i++) {
            struct deed *d = &m->key[k].deed[i];
            d->gone = d->gone || ((d->blocks >> block & 1u) != 0 && !d->copied);
        }
    }
}

void model_erased_lazily(struct model *m, uint32_t block) {
    m->erased |= 1u << block;
}

void model_synced(struct model *m) {
    for (uint32_t block = 0; m->erased != 0; block++) {
        if ((m->erased >> block & 1u) != 0) {
            model_erased(m, block);
        }
        m->erased &= ~(1u << block);
    }
}

void model_mount(struct model *m) {
    m->erased = 0;
    for (uint32_t k = 0; k < KEYS; k++) {
        struct history *h = &m->key[k];
        uint32_t n = 0;
        for (uint32_t i = 0; i < h->n; i++) {
            if (!h->deed[i].gone) {
                h->deed[n++] = h->deed[i];
            }
        }
        h->n = n;
    }
}

void model_content(uint8_t *data, uint32_t call, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
        data[i] = (uint8_t)(call * 41u + i * 3u + (i >> 7));
    }
}

static bool is_of(const struct deed *d, const uint8_t *data, uint32_t bytes) {
    static uint8_t want[BYTES_MAX];
    if (!d->put || data == NULL || d->bytes != bytes) {
        return false;
    }
    model_content(want, d->call, bytes);
    return memcmp(want, data, bytes) == 0;
}

/* Looks at the deeds from the newest back. Each deed may be the valid one, up to the first that nothing can have
 * undone. */
bool model_allows(const struct model *m, uint32_t key, const uint8_t *data, uint32_t bytes) {
    const struct history *h = &m->key[key];
    for (uint32_t i = h->n; i-- != 0;) {
        const struct deed *d = &h->deed[i];
        if (d->put ? is_of(d, data, bytes) : data == NULL) {
            return true;
        }
        if (d->firm && !d->erasing) {
            return false;
        }
    }
    return data == NULL;
}

bool model_knows(const struct model *m, uint32_t key, const uint8_t *data, uint32_t bytes) {
    const struct history *h = &m->key[key];
    for (uint32_t i = 0; i < h->n; i++) {
        if (is_of(&h->deed[i], data, bytes)) {
            return true;
        }
    }
    return false;
}

bool model_is_plain(const struct model *m, uint32_t key, uint32_t bytes) {
    const struct history *h = &m->key[key];
    uint32_t i = h->n;
    while (i != 0 && !(h->deed[i - 1].put && h->deed[i - 1].bytes == bytes)) {
        i--;
    }
    return i != 0 && !h->deed[i - 1].erasing && !h->deed[i - 1].copied;
}

bool model_is_firm(const struct model *m, uint32_t key) {
    const struct history *h = &m->key[key];
    const struct deed *last = h->n != 0 ? &h->deed[h->n - 1] : NULL;
    return last != NULL && last->put && last->firm && !last->erasing;
}
