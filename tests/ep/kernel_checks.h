/* What every set of the provider's kernels has to hold, apart from a framework for tests, so that it can be
 * compiled for another processor too (tests/packaging/aarch64.bats). */
#ifndef TRKX_TESTS_EP_KERNEL_CHECKS_H
#define TRKX_TESTS_EP_KERNEL_CHECKS_H

#include "ep/kernels.h"

struct kernel_check {
    const char *name;
    size_t (*failures)(const struct ep_kernels *kernels); /* how many; the first are printed */
};

extern const struct kernel_check kernel_checks[]; /* the last one's name is NULL */

#endif
