/* stoker port: records in a RAM cache and a flash store, each behind a header of this port (SPEC.md 9.5). Nothing in
 * a record is used before all of its header and its digest are right: a damaged program could do anything on the
 * device. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../devices/devices.h"
#include "persist.h"
#include "stoker/blake3.h"
#include "stoker/le.h"

#define VERSION 1u
/* Most bytes of a record; no kernel is larger, so a longer record is damaged. */
#define RECORD_MAX (UINT32_C(256) << 20)
/* Places of the header's fields, in bytes from its start. */
#define AT_VERSION  4u
#define AT_KIND     8u
#define AT_BYTES    12u
#define AT_DEVICE   16u
#define AT_PLATFORM 112u
#define AT_DRIVER   176u
#define AT_DIGEST   240u

static const uint8_t magic[4] = {'S', 'T', 'K', 'K'};

_Static_assert(AT_DIGEST + STK_BLAKE3_OUT == STK_OPENCL_RECORD_HEADER, "the digest ends the header");
/* Device, platform and driver are stored as the members of struct stk_opencl_device have them. */
_Static_assert(AT_PLATFORM - AT_DEVICE == sizeof((struct stk_opencl_device *)0)->name, "device");
_Static_assert(AT_DRIVER - AT_PLATFORM == sizeof((struct stk_opencl_device *)0)->platform, "platform");
_Static_assert(AT_DIGEST - AT_DRIVER == sizeof((struct stk_opencl_device *)0)->driver, "driver");

void stk_opencl_persist_say(struct stk_opencl *cl, const char *format, ...) {
    size_t used = strlen(cl->persist_note);
    va_list args;
    /* The separator goes first. If not even that fits, the note is full. */
    used += (size_t)snprintf(cl->persist_note + used, sizeof cl->persist_note - used, "%s", used ? "; " : "");
    if (used >= sizeof cl->persist_note) {
        return;
    }
    va_start(args, format);
    vsnprintf(cl->persist_note + used, sizeof cl->persist_note - used, format, args);
    va_end(args);
    stk_opencl_trim(cl->persist_note);
}

int stk_opencl_persists(const struct stk_opencl *cl) {
    return cl->config.cache || cl->config.store;
}

/// Header ///

/* Computes the digest of a record's header and payload. The key goes into the digest, so that a record which was put
 * under another key is not valid. Returns 0 if the digest cannot be computed. */
static int digest_of(const uint8_t *key, const uint8_t *record, size_t bytes, uint8_t out[STK_BLAKE3_OUT]) {
    struct stk_blake3 hash;
    stk_blake3_init_keyed(&hash, key);
    if (stk_blake3_update(&hash, record, AT_DIGEST) != STK_OK ||
        stk_blake3_update(&hash, record + STK_OPENCL_RECORD_HEADER, bytes - STK_OPENCL_RECORD_HEADER) != STK_OK) {
        return 0;
    }
    stk_blake3_digest(&hash, out);
    return 1;
}

/* Writes the header of a record whose payload is in place. Returns 0 if there can be no digest. */
static int seal(const struct stk_opencl *cl, const uint8_t *key, uint32_t kind, uint8_t *record, uint32_t bytes) {
    memset(record, 0, STK_OPENCL_RECORD_HEADER);
    memcpy(record, magic, sizeof magic);
    stk_put32(record + AT_VERSION, VERSION);
    stk_put32(record + AT_KIND, kind);
    stk_put32(record + AT_BYTES, bytes);
    memcpy(record + AT_DEVICE, cl->device.name, sizeof cl->device.name);
    memcpy(record + AT_PLATFORM, cl->device.platform, sizeof cl->device.platform);
    memcpy(record + AT_DRIVER, cl->device.driver, sizeof cl->device.driver);
    return digest_of(key, record, (size_t)bytes + STK_OPENCL_RECORD_HEADER, record + AT_DIGEST);
}

/* Returns a text that says what is wrong with a record, or NULL if the record is valid. The text completes a sentence
 * "the record was ...". The digest is checked last, since its check costs the most and the other checks say more. */
static const char *wrong_with(const struct stk_opencl *cl, const uint8_t *key, uint32_t kind, const uint8_t *record,
                              size_t bytes) {
    uint8_t digest[STK_BLAKE3_OUT];
    if (bytes < STK_OPENCL_RECORD_HEADER) {
        return "shorter than its header";
    }
    if (memcmp(record, magic, sizeof magic) != 0 || stk_get32(record + AT_VERSION) != VERSION ||
        stk_get32(record + AT_KIND) != kind) {
        return "of another format";
    }
    if (stk_get32(record + AT_BYTES) != bytes - STK_OPENCL_RECORD_HEADER) {
        return "of another length than it says";
    }
    if (memcmp(record + AT_DEVICE, cl->device.name, sizeof cl->device.name) != 0 ||
        memcmp(record + AT_PLATFORM, cl->device.platform, sizeof cl->device.platform) != 0 ||
        memcmp(record + AT_DRIVER, cl->device.driver, sizeof cl->device.driver) != 0) {
        return "of another device or driver";
    }
    return digest_of(key, record, bytes, digest) && memcmp(digest, record + AT_DIGEST, sizeof digest) == 0 ? NULL
                                                                                                           : "damaged";
}

/// Places ///

/* Finds a record in the cache and pins it there, so that its bytes stay until it is dropped. Returns 1 if found. */
static int take_cached(struct stk_opencl *cl, struct stk_opencl_record *got) {
    struct stk_artifact found;
    if (!cl->config.cache || stk_cache_pin(cl->config.cache, got->key, &found) != 1) {
        return 0;
    }
    got->record = found.data;
    got->record_bytes = found.bytes;
    return 1;
}

/* Reads the store's artifact into memory for `bytes` bytes, the size that stk_store_find gave. Returns as
 * stk_store_get. */
static int read_stored(struct stk_opencl *cl, struct stk_opencl_record *got, uint32_t bytes) {
    /* One byte more, since a mapping of 0 bytes is an error. */
    void *pages = mmap(NULL, bytes + 1u, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint32_t size = 0;
    int found;
    if (pages == MAP_FAILED) {
        return STK_E_NOMEM;
    }
    got->pages = pages;
    got->mapped = bytes + 1u;
    got->record = pages;
    found = stk_store_get(cl->config.store, got->key, pages, bytes, &size);
    got->record_bytes = size;
    return found;
}

/* Finds a record in the store and reads it. Returns 1 if found. If the newest version is damaged, the store falls back
 * to an older one, which may be larger: STK_E_SPACE then makes the loop ask for the size again. */
static int take_stored(struct stk_opencl *cl, struct stk_opencl_record *got) {
    uint32_t bytes = 0;
    int found;
    do {
        stk_opencl_record_drop(cl, got);
        found = cl->config.store ? stk_store_find(cl->config.store, got->key, &bytes) : 0;
        if (found == 1) {
            found = bytes <= RECORD_MAX ? read_stored(cl, got, bytes) : STK_E_OVERFLOW;
        }
    } while (found == STK_E_SPACE);
    /* A damaged record and a store that cannot be read are two notes: only the first is mended by a new record. */
    if (found == STK_E_CORRUPT) {
        stk_opencl_persist_say(cl, "the store's was damaged");
    } else if (found < 0) {
        stk_opencl_persist_say(cl, "the store could not be read: %s", stk_err_name(found));
    }
    return found == 1;
}

int stk_opencl_record_get(struct stk_opencl *cl, enum stk_opencl_origin from, const uint8_t *key, uint32_t kind,
                          struct stk_opencl_record *got) {
    const char *wrong = NULL;
    int found;
    *got = (struct stk_opencl_record){.from = from, .key = key};
    found = from == STK_OPENCL_FROM_CACHE ? take_cached(cl, got) : take_stored(cl, got);
    if (found) {
        wrong = wrong_with(cl, key, kind, got->record, got->record_bytes);
        got->payload = got->record + STK_OPENCL_RECORD_HEADER;
        got->bytes = (uint32_t)(got->record_bytes - STK_OPENCL_RECORD_HEADER);
    }
    if (wrong) {
        stk_opencl_persist_say(cl, "%s's was %s", stk_opencl_origin_name(from), wrong);
    }
    /* A record that is not valid is unpinned or unmapped at once; the next one that is put replaces it. */
    if (!found || wrong) {
        stk_opencl_record_drop(cl, got);
        return 0;
    }
    return 1;
}

void stk_opencl_record_drop(struct stk_opencl *cl, struct stk_opencl_record *got) {
    if (got->from == STK_OPENCL_FROM_CACHE && got->record) {
        (void)!stk_cache_unpin(cl->config.cache, got->key);
    }
    if (got->pages) {
        munmap(got->pages, got->mapped);
    }
    got->record = NULL;
    got->pages = NULL;
}

/* Puts a record into the store. A store that is full or failed is noted and never fails an open. */
static void store_it(struct stk_opencl *cl, const uint8_t *key, const void *record, size_t bytes) {
    const struct stk_span span = {record, bytes};
    int err = stk_store_put(cl->config.store, key, &span, 1);
    if (err < 0) {
        stk_opencl_persist_say(cl, "the store did not take %zu bytes: %s: %s", bytes, stk_err_name(err),
                               stk_err_fix(err));
    }
}

void stk_opencl_record_spread(struct stk_opencl *cl, const struct stk_opencl_record *got) {
    if (got->from == STK_OPENCL_FROM_STORE && cl->config.cache) {
        /* The cache counts what it refuses, so the result needs no note. */
        (void)!stk_cache_put(cl->config.cache, got->key, got->record, got->record_bytes);
    }
    if (got->from == STK_OPENCL_FROM_CACHE && cl->config.store &&
        stk_store_find(cl->config.store, got->key, NULL) == 0) {
        store_it(cl, got->key, got->record, got->record_bytes);
    }
}

void stk_opencl_record_put(struct stk_opencl *cl, const uint8_t *key, uint32_t kind, uint8_t *record, uint32_t bytes) {
    size_t all = (size_t)bytes + STK_OPENCL_RECORD_HEADER;
    if (!seal(cl, key, kind, record, bytes)) {
        stk_opencl_persist_say(cl, "%u bytes are too many to keep", (unsigned)bytes);
        return;
    }
    if (cl->config.cache) {
        (void)!stk_cache_put(cl->config.cache, key, record, all);
    }
    if (cl->config.store) {
        store_it(cl, key, record, all);
    }
}

const char *stk_opencl_origin_name(enum stk_opencl_origin origin) {
    static const char *const names[] = {"this open", "the cache", "the store", "the caller"};
    return names[(unsigned)origin < sizeof names / sizeof *names ? origin : STK_OPENCL_MADE];
}
