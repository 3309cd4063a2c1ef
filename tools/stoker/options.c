/* Reads the options of a command by the table of its page, and names the nearest option or command for a word that is
 * misspelt. */
#include "options.h"

#include <string.h>

#define NEAR_MAX 32u /* bytes of a word that is compared */

/// Words that are nearly right ///

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Returns how many letters must be changed, added, left out or swapped with the next one to make b of a. */
static uint32_t distance(const char *a, const char *b) {
    uint32_t rows[3][NEAR_MAX + 1u], n = (uint32_t)strlen(a), m = (uint32_t)strlen(b);
    uint32_t *two = rows[0], *one = rows[1], *now = rows[2];
    if (n > NEAR_MAX || m > NEAR_MAX) {
        return UINT32_MAX;
    }
    for (uint32_t j = 0; j <= m; j++) {
        one[j] = two[j] = j;
    }
    for (uint32_t i = 1; i <= n; i++) {
        uint32_t *oldest = two;
        now[0] = i;
        for (uint32_t j = 1; j <= m; j++) {
            now[j] = least(one[j - 1u] + (a[i - 1u] != b[j - 1u]), least(one[j], now[j - 1u]) + 1u);
            if (i > 1u && j > 1u && a[i - 1u] == b[j - 2u] && a[i - 2u] == b[j - 1u]) {
                now[j] = least(now[j], two[j - 2u] + 1u);
            }
        }
        two = one;
        one = now;
        now = oldest;
    }
    return one[m];
}

const char *cli_nearest(const char *word, const char *const *names) {
    uint32_t length = (uint32_t)strlen(word);
    uint32_t best = length < 5u ? 2u : length / 4u + 2u; /* a short word is two letters from many others */
    const char *nearest = NULL;
    for (; *names; names++) {
        uint32_t d = distance(word, *names);
        if (d < best && d < strlen(*names)) {
            best = d;
            nearest = *names;
        }
    }
    return nearest;
}

const char *cli_did_you_mean(char *text, size_t size, const char *word, const char *const *names,
                             const char *otherwise) {
    const char *nearest = cli_nearest(word, names);
    snprintf(text, size, nearest ? ": did you mean %s?" : "%s", nearest ? nearest : otherwise);
    return text;
}

/// Parsing ///

struct table {
    struct option longs[CLI_ROWS_MAX + 2u];
    const struct cli_row *rows[CLI_ROWS_MAX + 2u]; /* row of each of `longs` */
    char shorts[2u * CLI_ROWS_MAX + 5u];
    uint64_t seen; /* a bit for each of `longs` that was given */
};

/* Returns 1 if the table has the option already. An option may stand in several rows, where its meaning depends on
 * another word. */
static int has(const struct table *t, const struct cli_row *row) {
    for (uint32_t i = 0; t->rows[i]; i++) {
        if (t->rows[i]->id == row->id) {
            return 1;
        }
    }
    return 0;
}

/* Adds an option to the table of getopt_long, once. */
static void add(struct table *t, uint32_t *count, const struct cli_row *row) {
    char letter[3] = {(char)row->id, row->value ? ':' : '\0', '\0'};
    if (row->id == 0 || has(t, row) || *count > CLI_ROWS_MAX) {
        return;
    }
    /* An option without a long form has one that no word can be. */
    t->longs[*count] = (struct option){row->name ? row->name : "=", row->value != NULL, NULL, row->id};
    t->rows[(*count)++] = row;
    if (row->id < 256) {
        strcat(t->shorts, letter);
    }
}

/* Makes the table of getopt_long from the rows of a page. */
static void fill(struct table *t, const struct cli_page *page) {
    uint32_t count = 0;
    memset(t, 0, sizeof *t);
    t->shorts[0] = ':';
    for (const struct cli_row *row = page->rows; row->id || row->value || row->text; row++) {
        add(t, &count, row);
    }
}

/* Prints the line for an option that does not exist, or for the beginning of several. */
static int no_option(const struct cli_page *page, const struct table *t, const char *word) {
    const char *names[CLI_ROWS_MAX + 2u] = {NULL}, *begun[CLI_ROWS_MAX + 2u] = {NULL}, *nearest;
    size_t length = strcspn(word, "="), count = 0, several = 0;
    char name[NEAR_MAX + 1u], text[256], dashed[CLI_ROWS_MAX + 2u][NEAR_MAX];
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    for (uint32_t i = 0; t->rows[i]; i++) {
        if (!t->rows[i]->name) {
            continue;
        }
        names[count++] = t->rows[i]->name;
        if (length > 2u && strncmp(t->rows[i]->name, word + 2, length - 2u) == 0) {
            snprintf(dashed[several], sizeof dashed[0], "--%s", t->rows[i]->name);
            begun[several] = dashed[several];
            several++;
        }
    }
    nearest = length > 2u ? cli_nearest(name + 2, names) : NULL;
    if (several != 0u) {
        return cli_bad("no option %s: did you mean %s?", word, cli_names(text, sizeof text, begun, several));
    }
    return nearest ? cli_bad("no option %s: did you mean --%s?", word, nearest)
                   : cli_bad("no option %s: see stoker%s%s --help", word, page->name[0] ? " " : "", page->name);
}

/* Prints the line for a word that getopt_long refused, by its result '?' or ':'. */
static int bad_option(const struct cli_page *page, const struct table *t, int option, char **argv) {
    const char *word = argv[optind - 1];
    char letter[3] = {'-', (char)optopt, '\0'};
    int is_long = strncmp(word, "--", 2) == 0;
    if (option == ':') {
        return cli_bad("%s needs a value: see stoker%s%s --help", is_long ? word : letter, page->name[0] ? " " : "",
                       page->name);
    }
    if (is_long && optopt != 0) {
        return cli_bad("%s: this option takes no value: see stoker%s%s --help", word, page->name[0] ? " " : "",
                       page->name);
    }
    return no_option(page, t, is_long ? word : letter);
}

/* Refuses a second value. Options without a value may repeat. */
static int check_once(struct table *t, int option) {
    uint32_t i = 0;
    while (t->rows[i]->id != option) {
        i++;
    }
    if (t->rows[i]->value && !t->rows[i]->repeats && (t->seen >> i & 1u) != 0u) {
        return cli_bad("--%s is given twice: give it once", t->rows[i]->name);
    }
    t->seen |= UINT64_C(1) << i;
    return 0;
}

int cli_options(const struct cli_page *page, int argc, char **argv, int (*take)(void *to, int id), void *to) {
    static struct table table;
    int option, bad = 0;
    fill(&table, page);
    while (bad == 0 && (option = getopt_long(argc, argv, table.shorts, table.longs, NULL)) != -1) {
        if (option == 'h') {
            cli_print_help(page, stdout);
            return -1;
        }
        bad = option == '?' || option == ':' ? bad_option(page, &table, option, argv) : check_once(&table, option);
        bad = bad ? bad : take(to, option);
    }
    return bad;
}

int cli_number_option(const char *name, uint64_t least, uint64_t most, uint64_t *value) {
    if (cli_parse_number(optarg, most, value) != 0 || *value < least) {
        return cli_bad("--%s %s: give a whole number from %llu to %llu", name, optarg, (unsigned long long)least,
                       (unsigned long long)most);
    }
    return 0;
}
