/* Checks that every set of the provider's kernels must pass. Independent of a test framework, so that they
 * can also be compiled for another processor (tests/packaging/aarch64.bats). */
#ifndef TRKX_TESTS_EP_KERNEL_CHECKS_H
#define TRKX_TESTS_EP_KERNEL_CHECKS_H

#include "ep/kernels.h"

struct kernel_check {
    const char *name;
    size_t (*failures)(const struct ep_kernels *kernels); /* how many; the first are printed */
};

extern const struct kernel_check kernel_checks[]; /* the last one's name is NULL */

#endif
