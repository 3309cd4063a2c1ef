/* The table that translates errno to enum stk_err: each number gets advice that fits it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/port/os_error.h"

static void every_errno_of_a_file_gets_an_advice_that_fits(void **state) {
    static const struct {
        int os_error;
        const char *advice; /* a part of the advice */
    } cases[] = {
        {ENOENT, "check the path"}, {ENOTDIR, "check the path"},
        {ELOOP, "check the path"},  {ENAMETOOLONG, "check the path"},
        {EACCES, "mode and owner"}, {EPERM, "mode and owner"},
        {EROFS, "mode and owner"},  {EISDIR, "directory"},
        {EMFILE, "ulimit -n"},      {ENFILE, "ulimit -n"},
        {ENOMEM, "memory"},         {ENOBUFS, "memory"},
        {ENOSPC, "no space"},       {EDQUOT, "quota"},
        {EFBIG, "ulimit -f"},       {ENODEV, "no such device"},
        {ENXIO, "no such device"},  {EIO, "medium"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *fix = stk_err_fix(stk_os_error(cases[i].os_error));
        if (!strstr(fix, cases[i].advice)) {
            fail_msg("errno %d: %s", cases[i].os_error, fix);
        }
    }
}

static void numbers_that_a_port_handles_itself_have_codes(void **state) {
    (void)state;
    assert_int_equal(stk_os_error(0), STK_OK);
    assert_int_equal(stk_os_error(EINTR), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_os_error(EAGAIN), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_os_error(ECANCELED), STK_E_CANCELED);
    assert_int_equal(stk_os_error(ETIMEDOUT), STK_E_TIMEOUT);
    assert_int_equal(stk_os_error(EINVAL), STK_E_ARG);
    assert_int_equal(stk_os_error(ENOSYS), STK_E_UNSUPPORTED);
    assert_int_equal(stk_os_error(9999), STK_E_IO);
}

/* A caller takes STK_E_IO of flash for a bad block, so no other trouble may be one. */
static void only_errors_of_the_medium_are_io_on_flash(void **state) {
    static const int medium[] = {EIO, EBADMSG, EUCLEAN, EILSEQ, ENODATA, EREMOTEIO};
    static const struct {
        int os_error, err;
    } other[] = {
        {ENOSPC, STK_E_NOSPC},      {EDQUOT, STK_E_NOSPC}, {EFBIG, STK_E_NOSPC},       {EROFS, STK_E_ACCESS},
        {EACCES, STK_E_ACCESS},     {EPERM, STK_E_ACCESS}, {EINTR, STK_E_WOULD_BLOCK}, {EAGAIN, STK_E_WOULD_BLOCK},
        {EBUSY, STK_E_WOULD_BLOCK}, {ENOMEM, STK_E_NOMEM}, {EBADF, STK_E_ARG},         {EINVAL, STK_E_ARG},
        {ENODEV, STK_E_NODEV},      {ENXIO, STK_E_NODEV},  {ESTALE, STK_E_DEVICE},     {ENOLINK, STK_E_DEVICE},
        {ETIMEDOUT, STK_E_TIMEOUT}, {9999, STK_E_DEVICE},
    };
    (void)state;
    assert_int_equal(stk_os_flash_error(0), STK_OK);
    for (size_t i = 0; i < sizeof medium / sizeof *medium; i++) {
        assert_int_equal(stk_os_flash_error(medium[i]), STK_E_IO);
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        assert_int_equal(stk_os_flash_error(other[i].os_error), other[i].err);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_errors_of_the_medium_are_io_on_flash),
        cmocka_unit_test(every_errno_of_a_file_gets_an_advice_that_fits),
        cmocka_unit_test(numbers_that_a_port_handles_itself_have_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
