/* The checks of tests/ep/test_kernels.c without cmocka, for aarch64: see tests/packaging/aarch64.bats. */
#include <stdio.h>

#include "ep/kernels_best.h"
#include "tests/ep/kernel_checks.h"

int main(void)
{
    size_t failures = 0;
    for (const struct ep_kernels *const *set = ep_kernels_all(); *set != NULL; set++)
        for (const struct kernel_check *check = kernel_checks; check->name != NULL; check++) {
            size_t own = check->failures(*set);
            printf("%s: %s: %zu failures\n", (*set)->name, check->name, own);
            failures += own;
        }
    return failures == 0 ? 0 : 1;
}
