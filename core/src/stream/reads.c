/* stoker: the reads of one owner on an ingest port that several owners may share. A tag tells whose read a completion
 * is: owner n has the tags from n * STK_READS_MAX on. */
#include "stream/reads.h"

#include <stddef.h>

#include "base/error_info.h"

/// Readers of a port ///

bool stk_reads_port_ok(const struct stk_ingest_port *port) {
    return port && port->ops && port->ops->submit && port->ops->reap && port->ops->cancel;
}

/* Returns the reader whose tags include `tag`; NULL: the tag is nobody's. A walk over the list, since few share a
 * port. */
static struct stk_reads *reader_of(const struct stk_ingest_port *port, uint32_t tag) {
    struct stk_reads *reader = port->readers;
    while (reader && reader->first_tag != tag - tag % STK_READS_MAX) {
        reader = reader->next;
    }
    return reader;
}

int stk_reads_open(struct stk_reads *reads, struct stk_ingest_port *port, const struct stk_reads_ops *ops,
                   void *owner) {
    uint32_t number = 0;
    while (number < STK_INGEST_READERS_MAX && reader_of(port, number * STK_READS_MAX)) {
        number++;
    }
    if (number == STK_INGEST_READERS_MAX) {
        return STK_E_FULL;
    }
    *reads = (struct stk_reads){
        .port = port, .next = port->readers, .ops = ops, .owner = owner, .first_tag = number * STK_READS_MAX};
    port->readers = reads;
    return STK_OK;
}

void stk_reads_close(struct stk_reads *reads) {
    struct stk_reads **link = &reads->port->readers;
    while (*link != reads) {
        link = &(*link)->next;
    }
    *link = reads->next;
}

/// Submit ///

/* Asks the owner for its next reads, at most `limit`, from position `at` of its list on. */
static void fill_offer(const struct stk_reads *r, uint32_t at, uint32_t limit) {
    union stk_ingest_batch *b = &r->port->batch;
    b->offer.count = 0;
    while (b->offer.count < limit && r->ops->next(r->owner, &at, &b->offer.reads[b->offer.count])) {
        b->offer.reads[b->offer.count].tag += r->first_tag;
        b->offer.at[b->offer.count++] = at++;
    }
}

/* Offers the reads of the batch to the port. Tells the owner which reads the port did not take (not_taken). Returns the
 * result of the port's submit. */
static int make_offer(struct stk_reads *r) {
    const union stk_ingest_batch *b = &r->port->batch;
    uint32_t count = b->offer.count;
    int said = r->port->ops->submit(r->port->ctx, b->offer.reads, count);
    uint32_t taken = said > 0 ? (uint32_t)said : 0u;
    taken = taken < count ? taken : count; /* a port that claims more is wrong: stk_reads_submit() says so */
    r->in_flight += taken;
    r->port_full = said >= 0 && taken < count;
    for (uint32_t i = taken; i < count && r->ops->not_taken; i++) {
        r->ops->not_taken(r->owner, b->offer.reads[i].tag - r->first_tag);
    }
    return said;
}

/* Returns true if an error of the port's submit is about a read, and not about the port. */
static bool is_refusal(int err) {
    return err == STK_E_RANGE || err == STK_E_ARG || err == STK_E_ACCESS;
}

int stk_reads_submit(struct stk_reads *r, uint32_t *at, struct stk_error_info *info) {
    const union stk_ingest_batch *b = &r->port->batch;
    uint32_t limit = STK_INGEST_BATCH;
    r->port_full = 0;
    for (;;) {
        int taken, count;
        fill_offer(r, *at, limit);
        count = (int)b->offer.count;
        if (count == 0) {
            return 1;
        }
        taken = make_offer(r);
        if (is_refusal(taken)) {
            /* The port does not say which read is wrong, so they are offered one by one from here on. */
            limit = 1;
            if (count == 1) {
                r->ops->refused(r->owner, b->offer.reads[0].tag - r->first_tag, taken);
                *at = b->offer.at[0] + 1u;
            }
        } else if (taken < count) {
            *at = b->offer.at[taken > 0 ? taken : 0];
            return taken < 0 ? taken : 0;
        } else {
            *at = b->offer.at[count - 1] + 1u;
            if (taken > count) {
                return stk_fail(info, STK_E_RANGE, (uint32_t)taken, (uint32_t)count);
            }
        }
    }
}

/// Reap and cancel ///

/* Gives a completion to its owner, which may be another one than the caller. */
static int hand_over(const struct stk_reads *r, const struct stk_ingest_done *done, struct stk_error_info *info) {
    struct stk_reads *reader = reader_of(r->port, done->tag);
    if (!reader || !reader->ops->completed(reader->owner, done->tag - reader->first_tag, done)) {
        return stk_fail(info, STK_E_RANGE, done->tag, 0);
    }
    reader->in_flight -= reader->in_flight != 0u; /* a port that returns a read twice must not make the count wrap */
    reader->arrived++;
    return STK_OK;
}

int stk_reads_reap(struct stk_reads *r, uint64_t wait_ns, struct stk_error_info *info) {
    struct stk_ingest_done *done = r->port->batch.done;
    int n = (int)STK_INGEST_BATCH, err = STK_OK;
    /* Reads of this owner came back in the call of another: there is something to do before a wait. */
    wait_ns = r->arrived == 0u ? wait_ns : 0u;
    /* A port that is full may be full of the reads of others: they are taken in too, so that it has room again. */
    while (n == (int)STK_INGEST_BATCH && (r->in_flight != 0u || r->port_full)) {
        n = r->port->ops->reap(r->port->ctx, done, STK_INGEST_BATCH, wait_ns);
        for (int i = 0; i < n; i++) {
            int handed = hand_over(r, &done[i], info);
            err = err < 0 ? err : handed;
        }
        wait_ns = 0; /* a full batch: there may be more, but nothing to wait for */
    }
    r->arrived = 0;
    return n < 0 ? n : err;
}

void stk_reads_cancel_one(const struct stk_reads *r, uint32_t index) {
    (void)r->port->ops->cancel(r->port->ctx, r->first_tag + index, r->first_tag + index);
}

int stk_reads_cancel(const struct stk_reads *r) {
    return r->port->ops->cancel(r->port->ctx, r->first_tag, r->first_tag + (STK_READS_MAX - 1u));
}
