/* Proves that every set of the provider's kernels that this machine can run agrees with simple loops in
 * double precision, for all widths, numbers of rows and special values; that a row's result has the same bits
 * at every place of a block; that nothing outside the rows and columns is touched; and that the best enabled
 * set is chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ep/kernels_best.h"
#include "tests/ep/kernel_checks.h"

static void test_check(void **state)
{
    const struct kernel_check *check = *state;
    for (const struct ep_kernels *const *set = ep_kernels_all(); *set != NULL; set++)
        assert_int_equal(check->failures(*set), 0);
}

static void test_disabled_sets_are_not_chosen(void **state)
{
    const char *disabled = getenv("TRKX_DISABLE_CPU_FEATURES");
    (void)state;
    assert_ptr_equal(ep_kernels_best(), *ep_kernels_all());
    for (const struct ep_kernels *const *set = ep_kernels_all(); *set != NULL; set++)
        assert_true(disabled == NULL || strstr(disabled, (*set)->name) == NULL);
}

int main(void)
{
    enum { MOST = 32 };
    struct CMUnitTest tests[MOST] = {cmocka_unit_test(test_disabled_sets_are_not_chosen)};
    size_t count = 1;
    for (const struct kernel_check *check = kernel_checks; check->name != NULL && count < MOST; check++)
        tests[count++] = (struct CMUnitTest){
            .name = check->name, .test_func = test_check, .initial_state = (void *)(uintptr_t)check};
    return _cmocka_run_group_tests("kernels", tests, count, NULL, NULL);
}
