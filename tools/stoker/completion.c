/* Completions for bash and zsh, from the tables of the commands. */
#include <string.h>

#include "options.h"

#define SHORT_TEXT 60 /* bytes of a text that zsh shows beside an option */

/* Calls show(row, page) for each option of the page: once for one that stands in several rows. */
static void each_option(const struct cli_page *page, void (*show)(const struct cli_row *, const struct cli_page *)) {
    for (const struct cli_row *row = page->rows; row->id || row->value || row->text; row++) {
        const struct cli_row *first = page->rows;
        while (first->id != row->id) {
            first++;
        }
        if (row->id && row == first) {
            show(row, page);
        }
    }
}

static void print_commands(void) {
    for (const struct cli_command *c = cli_commands + 1; c->name; c++) {
        printf("%s ", c->name);
    }
}

static int is_file(const char *value) {
    return strcmp(value, "FILE") == 0 || strcmp(value, "PATH") == 0;
}

/// bash ///

/* Prints the short and the long form of an option. */
static void bash_name(const struct cli_row *row, const struct cli_page *page) {
    (void)page;
    if (row->id < 256) {
        printf("-%c ", (char)row->id);
    }
    if (row->name) {
        printf("--%s ", row->name);
    }
}

/* Prints a branch for the word behind the option. */
static void bash_value(const struct cli_row *row, const struct cli_page *page) {
    if (!row->value) {
        return;
    }
    fputs("    ", stdout);
    if (row->id < 256) {
        printf("'%s -%c'%s", page->name, (char)row->id, row->name ? " | " : "");
    }
    if (row->name) {
        printf("'%s --%s'", page->name, row->name);
    }
    if (row->words) {
        printf(") _stoker_words '%s'", row->words);
    } else {
        fputs(is_file(row->value) ? ") _stoker_files" : ") :", stdout);
    }
    fputs("; return ;;\n", stdout);
}

void cli_print_bash(void) {
    fputs("# Completion of stoker for bash.\n"
          "_stoker_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n"
          "_stoker_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); }\n"
          "_stoker() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
          "    local options= operands=\n"
          "    COMPREPLY=()\n"
          "    if [[ $cur == '=' ]]; then cur=; elif [[ $prev == '=' ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
          "    if ((COMP_CWORD == 1)); then _stoker_words '",
          stdout);
    print_commands();
    each_option(cli_commands[0].page(), bash_name);
    fputs("'; return; fi\n    case \"$command $prev\" in\n", stdout);
    for (const struct cli_command *c = cli_commands + 1; c->name; c++) {
        each_option(c->page(), bash_value);
    }
    fputs("    esac\n    case $command in\n", stdout);
    for (const struct cli_command *c = cli_commands + 1; c->name; c++) {
        const struct cli_page *page = c->page();
        printf("    %s) options='", c->name);
        each_option(page, bash_name);
        printf("' operands='%s' ;;\n", page->operands ? page->operands : "");
    }
    fputs("    esac\n"
          "    if [[ $cur == -* ]]; then _stoker_words \"$options\"\n"
          "    elif [[ $operands && $COMP_CWORD == 2 ]]; then _stoker_words \"$operands\"\n"
          "    else _stoker_files; fi\n"
          "}\n"
          "complete -F _stoker stoker\n",
          stdout);
}

/// zsh ///

/* Prints the start of a text, up to the first clause that could go without the others, as _arguments reads it. */
static void zsh_text(const char *text) {
    size_t n = strcspn(text, ";(");
    if (n > SHORT_TEXT) {
        n = SHORT_TEXT;
        while (n != 0u && text[n] != ' ') {
            n--;
        }
    }
    while (n != 0u && text[n - 1u] == ' ') {
        n--;
    }
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\'') {
            fputs("'\\''", stdout);
        } else {
            printf(strchr("[]\\", text[i]) ? "\\%c" : "%c", text[i]);
        }
    }
}

/* Prints one form of an option: "    '--color=[text]:WHEN:(auto always never)' \". */
static void zsh_form(const struct cli_row *row, const char *dashes, const char *name, const char *joined) {
    printf("    '%s%s%s%s[", row->repeats || !row->value ? "*" : "", dashes, name, row->value ? joined : "");
    zsh_text(row->text);
    fputc(']', stdout);
    if (row->value && row->words) {
        printf(":%s:(%s)", row->value, row->words);
    } else if (row->value) {
        printf(":%s:%s", row->value, is_file(row->value) ? "_files" : " ");
    }
    fputs("' \\\n", stdout);
}

/* Prints the two forms of an option with its text, as _arguments of zsh wants them. */
static void zsh_option(const struct cli_row *row, const struct cli_page *page) {
    char letter[2] = {(char)row->id, '\0'};
    (void)page;
    if (row->id < 256) {
        zsh_form(row, "-", letter, "+");
    }
    if (row->name) {
        zsh_form(row, "--", row->name, "=");
    }
}

void cli_print_zsh(void) {
    fputs("#compdef stoker\n"
          "_stoker() {\n"
          "  local curcontext=$curcontext state line\n"
          "  _arguments -C \\\n",
          stdout);
    each_option(cli_commands[0].page(), zsh_option);
    fputs("    '1:command:->command' '*::argument:->argument' && return\n"
          "  if [[ $state == command ]]; then\n"
          "    local -a commands=(\n",
          stdout);
    for (const struct cli_command *c = cli_commands + 1; c->name; c++) {
        printf("      '%s:", c->name);
        zsh_text(c->page()->what);
        fputs("'\n", stdout);
    }
    fputs("    )\n    _describe command commands\n    return\n  fi\n  case $words[1] in\n", stdout);
    for (const struct cli_command *c = cli_commands + 1; c->name; c++) {
        const struct cli_page *page = c->page();
        printf("  %s) _arguments -s \\\n", c->name);
        each_option(page, zsh_option);
        if (page->operands) {
            printf("    '1:word:(%s)' ", page->operands);
        } else {
            fputs("    ", stdout);
        }
        fputs("'*:file:_files' ;;\n", stdout);
    }
    fputs("  esac\n}\n"
          "if [[ $funcstack[1] == _stoker ]]; then _stoker \"$@\"; else compdef _stoker stoker; fi\n",
          stdout);
}
