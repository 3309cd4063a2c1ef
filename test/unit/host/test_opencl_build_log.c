/* Build logs in the forms of the drivers, made to name the user's own lines. Needs no device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CL_TARGET_OPENCL_VERSION 300
#include "../../../port/opencl/program/program.h"

static const char good_text[] = "STK_FN stk_u32 good(const struct stk_dev *d, const struct stk_call *c) {\n"
                                "    (void)d, (void)c;\n    return STK_SLOT_DONE;\n}"; /* no newline at its end */
static const char bad_text[] = "STK_FN stk_u32 bad(const struct stk_dev *d, const struct stk_call *c) {\n"
                               "    return no_such_name;\n}\n";
static const struct stk_opencl_piece pieces[] = {{"good.cl", good_text, 0x20001u, "good", STK_SCALAR},
                                                 {"filters/bad.h", bad_text, 0x20002u, "bad", STK_SCALAR}};
static const char *const both[] = {"good", "bad"};
static const struct stk_opencl_fused fused = {"good+bad", 0x20003u, both, 2};

static struct stk_opencl cl;
static struct stk_opencl_source source;
static char whole[1u << 20];

static int set_up(void **state) {
    size_t used = 0;
    (void)state;
    cl.config = (struct stk_opencl_config){.pieces = pieces, .piece_count = 2, .fused = &fused, .fused_count = 1};
    if (stk_opencl_source(&cl, &source) != STK_OK) {
        return -1;
    }
    for (uint32_t i = 0; i < source.count; i++) {
        if (source.lengths[i] >= sizeof whole - used) {
            return -1;
        }
        memcpy(whole + used, source.texts[i], source.lengths[i]);
        used += source.lengths[i];
    }
    return 0;
}

/* Returns the line of the whole text in which `what` stands first. */
static unsigned line_of(const char *what) {
    unsigned line = 1;
    const char *at = strstr(whole, what);
    assert_non_null(at);
    for (const char *p = whole; p < at; p++) {
        line += *p == '\n' ? 1u : 0u;
    }
    return line;
}

static const char *mapped(const char *log) {
    static char to[4096];
    stk_opencl_map_build_log(&source, log, strlen(log), to, sizeof to);
    return to;
}

/* Each #line in the whole text gives the next line the number that this line has anyway. */
static void each_line_directive_says_what_is_true_without_it(void **state) {
    unsigned line = 1, directives = 0;
    (void)state;
    for (const char *p = whole; *p != '\0'; p = strchr(p, '\n') + 1, line++) {
        unsigned says;
        if (sscanf(p, "#line %u", &says) == 1) {
            assert_int_equal(says, line + 1u);
            directives++;
        }
        assert_non_null(strchr(p, '\n'));
    }
    assert_int_equal(directives, source.place_count);
    assert_true(directives > 15);
}

/* One form: the log line a driver writes for line `line`, and what becomes of it for bad.h, line 2. */
struct form {
    const char *driver, *format, *want;
};

static const struct form forms[] = {
    {"clang, by #line", "filters/bad.h:%u:12: error: use of undeclared identifier 'no_such_name'\n",
     "filters/bad.h:2:12: error: use of undeclared identifier 'no_such_name'\n"},
    {"NVIDIA",
     "<kernel>:%u:12: error: use of undeclared identifier 'no_such_name'\n    return no_such_name;\n           ^\n",
     "filters/bad.h:2:12: error: use of undeclared identifier 'no_such_name'\n    return no_such_name;\n           "
     "^\n"},
    {"NVIDIA, earlier", ":%u:12: error: unknown name\n", "filters/bad.h:2:12: error: unknown name\n"},
    {"NVIDIA, by #line", "filters/bad.h:%u:12: error: unknown name\n\n1 error generated.\n",
     "filters/bad.h:2:12: error: unknown name\n\n1 error generated.\n"},
    {"oclgrind, Mesa", "input.cl:%u:12: fatal error: unknown name\n",
     "filters/bad.h:2:12: fatal error: unknown name\n"},
    {"Intel", "1:%u:12: warning: unknown name\n", "filters/bad.h:2:12: warning: unknown name\n"},
    {"Intel CPU", "Compilation started\n1:%u:12: error: unknown name\nCompilation failed\n",
     "Compilation started\nfilters/bad.h:2:12: error: unknown name\nCompilation failed\n"},
    {"Mali", "<source>:%u:12: error: unknown name\n\nerror: Compiler frontend failed (error code 59)\n",
     "filters/bad.h:2:12: error: unknown name\n\nerror: Compiler frontend failed (error code 59)\n"},
    {"Adreno", "BC-src-code:%u:12: error: unknown name\n1 diagnostic(s) generated.\n",
     "filters/bad.h:2:12: error: unknown name\n1 diagnostic(s) generated.\n"},
    {"clang with ranges", "BC-src-code:%u:12:{700:12-700:24}{700:30-700:31}: error: unknown name\n",
     "filters/bad.h:2:12: error: unknown name\n"},
    {"clang without columns", "input.cl:%u: note: unknown name\n", "filters/bad.h:2: note: unknown name\n"},
    {"Apple", "<program source>:%u:12: error: unknown name\n", "filters/bad.h:2:12: error: unknown name\n"},
    {"AMD, ROCm", "/tmp/comgr-1a2b/input/CompileSource:%u:12: error: unknown name\n",
     "filters/bad.h:2:12: error: unknown name\n"},
    {"a path of Windows", "C:\\Users\\a b\\t.cl:%u:12: error: unknown name\r\n",
     "filters/bad.h:2:12: error: unknown name\n"},
    {"AMD, earlier", "\"/tmp/OCLZw2eDE.cl\", line %u: error: identifier\n          \"no_such_name\" is undefined\n",
     "filters/bad.h:2: error: identifier\n          \"no_such_name\" is undefined\n"},
    {"AMD, earlier, Windows", "\"C:\\Temp\\OCLF.tmp.cl\", line %u: catastrophic error: no\n",
     "filters/bad.h:2: catastrophic error: no\n"},
    {"PoCL", "error: filters/bad.h:%u:12: use of undeclared identifier 'no_such_name'\n",
     "filters/bad.h:2:12: error: use of undeclared identifier 'no_such_name'\n"},
    {"PoCL, unnamed", "warning: /root/.cache/pocl/tempfile.cl:%u:12: unknown name",
     "filters/bad.h:2:12: warning: unknown name\n"},
};

static void each_form_names_the_piece_and_its_line(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char log[512];
        /* The formats are the table's own. */
        const char *percent = strstr(forms[i].format, "%u");
        snprintf(log, sizeof log, "%.*s%u%s", (int)(percent - forms[i].format), forms[i].format,
                 line_of("return no_such_name"), percent + 2);
        if (strcmp(mapped(log), forms[i].want) != 0) {
            fail_msg("%s: %s", forms[i].driver, mapped(log));
        }
    }
}

static void macro_is_followed_to_where_it_was_written(void **state) {
    char log[256];
    (void)state;
    snprintf(log, sizeof log, "error: x:%u:12 <Spelling=x:%u:5>: unknown name\n", line_of("return no_such_name"),
             line_of("return STK_SLOT_DONE;\n}\n\n#line"));
    assert_string_equal(mapped(log), "filters/bad.h:2:12: error: unknown name (written at good.cl:3:5)\n");
}

static void places_in_the_kernels_own_files_are_theirs(void **state) {
    char log[256];
    (void)state;
    snprintf(log, sizeof log, "<kernel>:%u:3: note: here\n", line_of("#define STOKER_KERNEL_DEVICE_H"));
    assert_true(strstr(whole, "#line") == whole + 2);
    assert_string_equal(mapped(log), "kernels/include/stoker/kernel/device.h:7:3: note: here\n");
    snprintf(log, sizeof log, "<kernel>:%u:3: note: here\n", line_of("STK_FN stk_u32 bad"));
    assert_string_equal(mapped(log), "filters/bad.h:1:3: note: here\n");
}

/* Text that the port generated for a piece has no line in the user's file. */
static void line_made_for_a_piece_is_named_without_a_number(void **state) {
    char log[256];
    (void)state;
    snprintf(log, sizeof log, "<kernel>:%u:9: error: no function good\n<kernel>:%u:9: error: no function bad\n",
             line_of("return good(d, c)"), line_of("STK_FUSED_PART(1u, bad)"));
    assert_string_equal(mapped(log), "good.cl: error: no function good\ngood+bad: error: no function bad\n");
}

/* Numbers that are not of the whole text, and lines that only look like places. */
static void what_is_no_place_of_ours_stays(void **state) {
    static const char *const same[] = {
        "/usr/lib/oclgrind/opencl-c.h:12426:20: note: 'barrier' declared here\n",
        "opencl-c.h:20:20: note: declared here\n",
        "<scratch space>:52:1: note: expanded from here\n",
        "<built-in>:52:1: note: expanded from here\n",
        "ptxas application ptx input, line 53; error   : Unknown symbol\n",
        "    x = a ? 1:2:3;\n",
        "<kernel>:99999999:1: error: past the end\n",
        "<kernel>:1234567890123:1: error: no number\n",
        "error: -Wfoo is no option\n",
        ":::\n:1\n\"\n\", line\n{\n",
        "x:1:2:{\n",
        "error: x:1:2 <Spelling=x>: y\n",
        "\n\n",
        "",
    };
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_string_equal(mapped(same[i]), same[i]);
    }
}

/* Maps a long log into every size of room. No byte behind the room is written, the lines are whole, and errors are kept
 * before warnings. */
static void long_log_keeps_its_first_errors_in_whole_lines(void **state) {
    static char log[8192], to[8192];
    unsigned line = line_of("return no_such_name"), i;
    size_t used = 0, room;
    (void)state;
    for (i = 0; i < 60; i++) {
        used += (size_t)snprintf(log + used, sizeof log - used, "<kernel>:%u:%u: %s: number %u\n  text\n", line, i + 1u,
                                 i < 40 ? "warning" : "error", i);
    }
    stk_opencl_map_build_log(&source, log, used, to, sizeof to);
    assert_non_null(strstr(to, "filters/bad.h:2:1: warning: number 0\n  text\nfilters/bad.h:2:2: warning"));
    assert_null(strstr(to, "more lines"));
    for (room = 1; room < 2048; room++) {
        size_t n;
        memset(to, '#', sizeof to);
        stk_opencl_map_build_log(&source, log, used, to, room);
        n = strlen(to);
        assert_true(n < room);
        assert_int_equal(to[room], '#');
        if (room > 100) {
            assert_memory_equal(to, "filters/bad.h:2:41: error: number 40\n", 37);
            assert_int_equal(to[n - 1], '\n');
            assert_non_null(strstr(to, " more lines\n"));
            assert_null(strstr(to, "warning"));
        }
    }
    assert_non_null(strstr(to, "number 59"));
}

static void long_log_without_errors_keeps_its_start(void **state) {
    static char log[4096], to[200];
    (void)state;
    memset(log, 'x', sizeof log);
    memcpy(log, "first\n", 6);
    stk_opencl_map_build_log(&source, log, sizeof log, to, sizeof to);
    assert_string_equal(to, "first\n... 1 more lines\n");
    log[5] = 'x'; /* one line that is longer than the room */
    stk_opencl_map_build_log(&source, log, sizeof log, to, sizeof to);
    assert_memory_equal(to, "firstxxxx", 9);
    assert_non_null(strstr(to, "xx\n... 1 more lines\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_directive_says_what_is_true_without_it),
        cmocka_unit_test(each_form_names_the_piece_and_its_line),
        cmocka_unit_test(macro_is_followed_to_where_it_was_written),
        cmocka_unit_test(places_in_the_kernels_own_files_are_theirs),
        cmocka_unit_test(line_made_for_a_piece_is_named_without_a_number),
        cmocka_unit_test(what_is_no_place_of_ours_stays),
        cmocka_unit_test(long_log_keeps_its_first_errors_in_whole_lines),
        cmocka_unit_test(long_log_without_errors_keeps_its_start),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
