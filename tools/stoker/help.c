/* A page as text for a terminal, and in the format of man. */
#include <string.h>

#include "options.h"

#define COLUMNS   79u /* a terminal of 80 columns does not wrap such a line */
#define TEXT_AT   24u /* column of the texts of rows */
#define WORD_AT   12u /* indentation for rows without options, such as commands */
#define LINE_ROOM 128u

static const char *const exit_codes[] = {"0", "1", "2"};

static const char *form(const struct cli_page *page, char text[LINE_ROOM]) {
    snprintf(text, LINE_ROOM, "stoker%s%s", page->name[0] ? " " : "", page->name);
    return text;
}

/* Calls line(to, text, bytes) for each line of a text. */
static void each_line(const char *text, void (*line)(FILE *out, const char *text, size_t bytes), FILE *out) {
    while (text && *text) {
        size_t bytes = strcspn(text, "\n");
        line(out, text, bytes);
        text += bytes + (text[bytes] == '\n');
    }
}

/// Text ///

static void paragraph(FILE *out, const char *text, size_t bytes) {
    cli_wrap(out, text, bytes, 0, 0, COLUMNS);
}

/* Prints `left` and a text beside it, or below it where `left` is long. */
static void beside(FILE *out, const char *left, const char *text, size_t column) {
    size_t at = strlen(left);
    fputs(left, out);
    if (at + 2u > column) {
        fputc('\n', out);
        at = 0;
    }
    fprintf(out, "%*s", (int)(column - at), "");
    cli_wrap(out, text, strlen(text), column, column, COLUMNS);
}

/* Returns the left column of a row, such as "-f, --patterns FILE". */
static const char *left_of(const struct cli_row *row, char text[LINE_ROOM]) {
    char letter[3] = {'-', (char)row->id, '\0'};
    int is_short = row->id != 0 && row->id < 256;
    snprintf(text, LINE_ROOM, "%s%s%s%s%s%s",
             is_short  ? letter
             : row->id ? "    "
                       : "",
             is_short && row->name ? ", " : "", row->name ? "--" : "", row->name ? row->name : "",
             row->id && row->value ? " " : "", row->value ? row->value : "");
    return text;
}

/* Returns the column for the texts of the words in the rows below a heading. */
static size_t column_of(const struct cli_row *row) {
    size_t longest = 0;
    for (row++; row->id || row->value; row++) {
        longest = row->id == 0 && strlen(row->value) > longest ? strlen(row->value) : longest;
    }
    return longest + 4u > WORD_AT ? TEXT_AT : WORD_AT;
}

/* Prints the rows of a page: headings, options, and words with their texts. */
static void print_rows(FILE *out, const struct cli_row *row) {
    char left[LINE_ROOM], line[LINE_ROOM + 4u];
    size_t column = TEXT_AT;
    for (; row->id || row->value || row->text; row++) {
        if (row->id == 0 && !row->value) {
            fprintf(out, "\n%s:\n", row->text);
            column = column_of(row);
            continue;
        }
        snprintf(line, sizeof line, "  %s", left_of(row, left));
        beside(out, line, row->text, row->id ? TEXT_AT : column);
    }
}

void cli_print_help(const struct cli_page *page, FILE *out) {
    char name[LINE_ROOM];
    const char *line = page->synopsis, *before = "usage: ";
    for (; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n')) {
        fprintf(out, "%s%s ", before, form(page, name));
        cli_wrap(out, line, strcspn(line, "\n"), strlen(before) + strlen(name) + 1u, strlen(name) + 8u, COLUMNS);
        before = "       ";
    }
    each_line(page->about, paragraph, out);
    print_rows(out, page->shown ? page->shown : page->rows);
    if (page->notes) {
        fputc('\n', out);
        each_line(page->notes, paragraph, out);
    }
    for (uint32_t i = 0; i < 3u; i++) {
        if (page->exits[i]) {
            fputs(i == 0 ? "\nExit codes:\n" : "", out);
            fprintf(out, "  %s  ", exit_codes[i]);
            cli_wrap(out, page->exits[i], strlen(page->exits[i]), 5, 5, COLUMNS);
        }
    }
}

/// man ///

/* Prints a text with escapes, so that roff takes no byte of the text as a command. */
static void roff(FILE *out, const char *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        switch (text[i]) {
        case '\\':
            fputs("\\(rs", out);
            break;
        case '-':
            fputs("\\-", out);
            break;
        case '.':
        case '\'':
            fputs(i == 0 ? "\\&" : "", out);
            fputs(text[i] == '\'' ? "\\(aq" : ".", out);
            break;
        case '`':
            fputs("\\(ga", out);
            break;
        default:
            fputc(text[i], out);
        }
    }
}

static void roff_line(FILE *out, const char *text, size_t bytes) {
    roff(out, text, bytes);
    fputc('\n', out);
}

static void roff_paragraph(FILE *out, const char *text, size_t bytes) {
    fputs(".PP\n", out);
    roff_line(out, text, bytes);
}

/* Prints a roff macro with one word, in quotes, as its argument. */
static void roff_macro(FILE *out, const char *macro, const char *word) {
    fprintf(out, ".%s \"", macro);
    roff(out, word, strlen(word));
    fputs("\"\n", out);
}

/* Prints a row in the format of man. */
static void man_row(FILE *out, const struct cli_row *row) {
    char left[LINE_ROOM];
    const char *word = left_of(row, left);
    if (row->id == 0 && !row->value) {
        roff_macro(out, strcmp(row->text, "Environment") == 0 ? "SH" : "SS", row->text);
        return;
    }
    fputs(".TP\n", out);
    roff_macro(out, "B", word + strspn(word, " "));
    roff_line(out, row->text, strlen(row->text));
}

static void man_synopsis(FILE *out, const char *text, size_t bytes) {
    roff_line(out, text, bytes);
    fputs(".br\n", out);
}

/* Prints the synopsis, each of its lines behind the name of the command. */
static void man_forms(const struct cli_page *page, FILE *out) {
    char name[LINE_ROOM];
    const char *line = page->synopsis;
    for (; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n')) {
        roff_macro(out, "B", form(page, name));
        man_synopsis(out, line, strcspn(line, "\n"));
    }
}

void cli_print_man(const struct cli_page *page) {
    FILE *out = stdout;
    const char *blank = page->name[0] ? "-" : "";
    fprintf(out, ".TH \"stoker%s%s\" 1 \"\" \"stoker %s\" \"User Commands\"\n.SH NAME\nstoker%s%s \\- ", blank,
            page->name, stk_version(), blank, page->name);
    roff_line(out, page->what, strlen(page->what));
    fputs(".SH SYNOPSIS\n", out);
    man_forms(page, out);
    fputs(".SH DESCRIPTION\n", out);
    each_line(page->about, roff_paragraph, out);
    fputs(".SH OPTIONS\n", out);
    for (const struct cli_row *row = page->rows; row->id || row->value || row->text; row++) {
        man_row(out, row);
    }
    if (page->notes) {
        fputs(".SH NOTES\n", out);
        each_line(page->notes, roff_paragraph, out);
    }
    fputs(".SH EXIT STATUS\n", out);
    for (uint32_t i = 0; i < 3u; i++) {
        if (page->exits[i]) {
            fprintf(out, ".TP\n.B %s\n", exit_codes[i]);
            roff_line(out, page->exits[i], strlen(page->exits[i]));
        }
    }
    fputs(".SH SEE ALSO\n", out);
    for (const struct cli_command *c = cli_commands, *before = NULL; c->name; c++) {
        if (c->page && strcmp(c->name, page->name) != 0) {
            fprintf(out, "%s.BR stoker%s%s (1)", before ? " ,\n" : "", c->name[0] ? "\\-" : "", c->name);
            before = c;
        }
    }
    fputc('\n', out);
}
