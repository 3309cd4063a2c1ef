/* The weak memory checker: `check standard`, the checker's own tests; `check orders ROOT FILE...`, the litmus programs,
 * and then each order that the sources in the list ask for.
 *
 * Each order is taken away once, in each program that asks for it, until some program has an outcome that it forbids or
 * a data race. An order that no program needs has to stand in orders.txt, with the reason. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "headers.h"
#include "orders.h"
#include "programs.h"

static const struct weak_program *const lists[] = {
    weak_ring,        weak_split,    weak_worker_c11,  weak_worker_device,  weak_miss_c11, weak_miss_device,
    weak_mail_device, weak_mail_one, weak_control_c11, weak_control_device, NULL};

static struct order orders[ORDERS_MAX];
static unsigned order_count;
static unsigned running; /* number of the program that runs */

/// The standard tests ///

static int standard(void) {
    unsigned tests = 0, wrong = 0;
    for (const struct weak_program *p = weak_standard; p->name; p++, tests++) {
        struct weak_result r = weak_explore(p, NULL, NULL);
        bool seen = r.outcome || r.raced;
        if (seen != (p->outcome == WEAK_ALLOWED)) {
            printf("%s: %s, but the model %s it\n", p->name, seen ? "seen" : "not seen", seen ? "forbids" : "allows");
            wrong++;
        }
    }
    printf("%u standard litmus tests, %u wrong\n", tests, wrong);
    return wrong != 0 ? 1 : 0;
}

/// The programs as they stand ///

static void asked(const struct weak_site *site, enum weak_part part) {
    if (strcmp(site->call, "data") == 0) {
        return;
    }
    for (unsigned i = 0; i < order_count; i++) {
        if (orders[i].part == part && weak_same_site(&orders[i].site, site)) {
            orders[i].programs[running] = true;
            return;
        }
    }
    if (order_count == ORDERS_MAX) {
        fprintf(stderr, "weak: more than %u orders\n", ORDERS_MAX);
        exit(2);
    }
    orders[order_count] = (struct order){.site = *site, .part = part};
    orders[order_count++].programs[running] = true;
}

static bool holds(const struct weak_program *p) {
    struct weak_result r = weak_explore(p, NULL, asked);
    bool good = !r.outcome && !r.raced && (r.goals & p->goals) == p->goals && r.executions != 0;
    printf("%-44s %8llu executions, %8llu states%s%s%s\n", p->name, (unsigned long long)r.executions,
           (unsigned long long)r.states, r.outcome ? ", FORBIDDEN OUTCOME" : "", r.raced ? ", DATA RACE" : "",
           (r.goals & p->goals) == p->goals ? "" : ", A GOAL IS NOT REACHED");
    return good;
}

static unsigned gather(const struct weak_program **programs) {
    unsigned n = 0;
    for (unsigned i = 0; lists[i]; i++) {
        for (const struct weak_program *p = lists[i]; p->name; p++) {
            if (n == PROGRAMS_MAX) {
                fprintf(stderr, "weak: more than %d programs\n", PROGRAMS_MAX);
                exit(2);
            }
            programs[n++] = p;
        }
    }
    return n;
}

/// One order less ///

static void mutate(struct order *o, const struct weak_program *const *programs, unsigned count) {
    struct weak_mutation m = {.site = &o->site, .part = o->part};
    for (unsigned i = 0; i < count && !o->needed_by; i++) {
        if (o->programs[i]) {
            struct weak_result r = weak_explore(programs[i], &m, NULL);
            o->needed_by = r.outcome || r.raced ? programs[i]->name : NULL;
        }
    }
}

static int check_orders(const char *root, const char *exceptions, char **files, unsigned file_count) {
    const struct weak_program *programs[PROGRAMS_MAX];
    unsigned count = gather(programs), wrong = headers_compare(root);
    for (running = 0; running < count; running++) {
        wrong += !holds(programs[running]);
    }
    for (unsigned i = 0; i < order_count && wrong == 0; i++) {
        if (orders_is_checked(orders[i].site.file, files, file_count)) {
            mutate(&orders[i], programs, count);
        }
    }
    if (wrong == 0) {
        wrong = orders_compare(orders, order_count, root, exceptions, files, file_count);
    }
    return wrong != 0 ? 1 : 0;
}

int main(int argc, char **argv) {
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && strcmp(argv[1], "standard") == 0) {
        return standard();
    }
    if (argc >= 5 && strcmp(argv[1], "orders") == 0) {
        return check_orders(argv[2], argv[3], argv + 4, (unsigned)argc - 4u);
    }
    fprintf(stderr, "usage: %s standard | orders ROOT EXCEPTIONS FILE...\n", argv[0]);
    return 2;
}
