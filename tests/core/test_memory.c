/* Proves: blocks of an arena do not overlap, are aligned, keep their content, and can be taken and
 * returned by any thread; the count is that of the live blocks; after the first rounds an arena allocates
 * nothing from the system; it outlives the pool that lent it; if it cannot grow the result is NULL, and
 * nothing leaks; under AddressSanitizer the edges of a block and released blocks are poisoned. */
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/memory.h"
#include "core/poison.h"

/* ---- helpers ---------------------------------------------------------------------------------------- */

/* A sequence of numbers of its own for each thread (xorshift, Marsaglia 2003). */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* Sizes from a few bytes to a megabyte, each order of magnitude as often. */
static size_t random_size(uint32_t *state)
{
    return next_random(state) % (UINT32_C(1) << (1 + next_random(state) % 20));
}

struct block {
    unsigned char *bytes;
    size_t size;
    unsigned char mark;
};

static void fill(struct block *block)
{
    memset(block->bytes, block->mark, block->size);
}

/* 1 where a byte has changed. */
static int content_is_wrong(const struct block *block)
{
    for (size_t i = 0; i < block->size; i++)
        if (block->bytes[i] != block->mark) return 1;
    return 0;
}

/* ---- many blocks ------------------------------------------------------------------------------------ */

enum { SLOTS = 100, THREADS = 4 };

struct worker {
    pthread_t thread;
    struct trkx_memory *memory;
    uint32_t random;
    int steps;
    int wrong; /* blocks that were not what they should have been: cmocka's asserts are for one thread */
};

/* Takes, grows or shrinks a block in place of what was in the slot. */
static void change_block(struct worker *worker, struct block *block)
{
    size_t size = random_size(&worker->random);
    uint32_t way = next_random(&worker->random) % 4;
    worker->wrong += content_is_wrong(block);
    if (block->bytes != NULL && way == 0) {
        block->size = block->size / 2;
        trkx_shrink(block->bytes, block->size, 1);
    } else if (block->bytes != NULL && way == 1) {
        void *grown = trkx_reallocate(block->bytes, size, 1);
        worker->wrong += grown == NULL;
        block->bytes = grown;
        if (size < block->size) block->size = size;
    } else {
        trkx_release(block->bytes);
        block->bytes = trkx_allocate(worker->memory, size, 1);
        block->size = size;
        block->mark = (unsigned char)next_random(&worker->random);
        worker->wrong += block->bytes == NULL || (uintptr_t)block->bytes % TRKX_ALIGNMENT != 0;
        fill(block);
    }
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct block blocks[SLOTS];
    memset(blocks, 0, sizeof blocks);
    for (int i = 0; i < worker->steps; i++)
        change_block(worker, &blocks[next_random(&worker->random) % SLOTS]);
    for (int i = 0; i < SLOTS; i++) {
        worker->wrong += content_is_wrong(&blocks[i]);
        trkx_release(blocks[i].bytes);
    }
    return NULL;
}

/* All threads on one arena; returns how many blocks were wrong. */
static int work_at_once(struct trkx_memory *memory, int steps)
{
    struct worker workers[THREADS];
    int wrong = 0;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.memory = memory, .random = (uint32_t)(17 * i + 1), .steps = steps};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        wrong += workers[i].wrong;
    }
    return wrong;
}

static void blocks_keep_to_themselves(void **state)
{
    struct trkx_arenas *arenas = trkx_arenas_create();
    (void)state;
    for (int round = 0; round < 3; round++) {
        struct trkx_memory memory = {.arena = trkx_arenas_lend(arenas, 1 << 16)};
        assert_int_equal(work_at_once(&memory, 1000), 0);
        assert_int_equal(memory.current, 0);
        assert_true(memory.peak > 0);
        trkx_arenas_return(memory.arena);
        assert_int_equal(trkx_arenas_lent(arenas), 0);
    }
    trkx_arenas_close(arenas);
}

static void blocks_of_the_system_keep_to_themselves(void **state)
{
    struct trkx_memory memory = {.arena = NULL};
    (void)state;
    assert_int_equal(work_at_once(&memory, 1000), 0);
    assert_int_equal(memory.current, 0);
}

/* ---- one block -------------------------------------------------------------------------------------- */

static void the_count_is_of_the_live_blocks(void **state)
{
    struct trkx_arenas *arenas = trkx_arenas_create();
    struct trkx_memory memory = {.arena = trkx_arenas_lend(arenas, 1 << 20)};
    (void)state;
    void *first = trkx_allocate(&memory, 1000, 8); /* 64 bytes in front, to a multiple of 64 */
    assert_int_equal(memory.current, 8064);
    void *second = trkx_allocate_zero(&memory, 100, 1);
    assert_int_equal(memory.current, 8064 + 192);
    trkx_shrink(first, 10, 8);
    assert_int_equal(memory.current, 192 + 192);
    assert_int_equal(memory.peak, 8064 + 192);
    assert_int_equal(trkx_memory_restart(&memory), 8064 + 192);
    trkx_release(second);
    assert_int_equal(memory.current, 192);
    trkx_release(first);
    assert_int_equal(memory.current, 0);
    assert_int_equal(memory.peak, 192 + 192);
    trkx_shrink(NULL, 1, 1);
    trkx_arenas_return(memory.arena);
    trkx_arenas_close(arenas);
}

static void the_lowest_place_that_fits_is_taken(void **state)
{
    struct trkx_arenas *arenas = trkx_arenas_create();
    struct trkx_memory memory = {.arena = trkx_arenas_lend(arenas, 1 << 20)};
    char *blocks[6];
    (void)state;
    for (int i = 0; i < 6; i++) blocks[i] = trkx_allocate(&memory, 1000, 1);
    trkx_release(blocks[1]);
    trkx_release(blocks[3]);
    trkx_release(blocks[4]);
    char *large = trkx_allocate(&memory, 2000, 1), *small = trkx_allocate(&memory, 100, 1);
    assert_ptr_equal(large, blocks[3]); /* two places are one */
    assert_ptr_equal(small, blocks[1]);
    trkx_shrink(blocks[0], 0, 1);
    char *next = trkx_allocate(&memory, 500, 1);
    assert_ptr_equal(next, blocks[0] + 64); /* in the end that was given back */
    char *const left[] = {blocks[0], blocks[2], blocks[5], large, small, next};
    for (int i = 0; i < 6; i++) trkx_release(left[i]);
    trkx_arenas_return(memory.arena);
    trkx_arenas_close(arenas);
}

static void impossible_sizes_are_refused(void **state)
{
    struct trkx_arenas *arenas = trkx_arenas_create();
    struct trkx_memory memory = {.arena = trkx_arenas_lend(arenas, 0)};
    (void)state;
    assert_null(trkx_allocate(&memory, SIZE_MAX / 2, 8));
    void *nothing = trkx_allocate(&memory, 0, 8);
    assert_non_null(nothing);
    assert_null(trkx_reallocate(nothing, SIZE_MAX / 16, 64));
    trkx_release(nothing);
    trkx_arenas_return(memory.arena);
    trkx_arenas_close(arenas);
}

/* ---- arenas ----------------------------------------------------------------------------------------- */

/* What an event might ask for: more than one small segment. */
static void use(struct trkx_memory *memory)
{
    struct block blocks[40];
    uint32_t random = 5;
    for (int i = 0; i < 40; i++) {
        blocks[i].size = (size_t)1 << (12 + i % 8);
        blocks[i].mark = (unsigned char)next_random(&random);
        blocks[i].bytes = trkx_allocate(memory, blocks[i].size, 1);
        assert_non_null(blocks[i].bytes);
        fill(&blocks[i]);
    }
    for (int i = 0; i < 40; i++) {
        assert_false(content_is_wrong(&blocks[i]));
        trkx_release(blocks[i].bytes);
    }
}

static void nothing_is_asked_of_the_system_in_the_long_run(void **state)
{
    struct trkx_arenas *arenas = trkx_arenas_create();
    long taken = 0;
    (void)state;
    for (int round = 0; round < 5; round++) {
        struct trkx_memory memory = {.arena = trkx_arenas_lend(arenas, 1 << 12)};
        taken = -trkx_memory_taken();
        use(&memory);
        taken += trkx_memory_taken();
        if (round == 0) assert_true(taken > 2);
        if (round > 0) assert_int_equal(taken, 0);
        trkx_arenas_return(memory.arena);
    }
    trkx_arenas_close(arenas);
}

static void what_came_back_last_is_lent_first(void **state)
{
    struct trkx_arenas *arenas = trkx_arenas_create();
    (void)state;
    struct trkx_arena *a = trkx_arenas_lend(arenas, 0), *b = trkx_arenas_lend(arenas, 0);
    assert_ptr_not_equal(a, b);
    assert_int_equal(trkx_arenas_lent(arenas), 2);
    trkx_arenas_return(a);
    trkx_arenas_return(b);
    assert_ptr_equal(trkx_arenas_lend(arenas, 0), b);
    assert_ptr_equal(trkx_arenas_lend(arenas, 0), a);
    trkx_arenas_return(b);
    trkx_arenas_return(a);
    trkx_arenas_return(NULL);
    assert_int_equal(trkx_arenas_lent(arenas), 0);
    trkx_arenas_close(arenas);
    trkx_arenas_close(NULL);
}

static void an_arena_outlives_its_owner(void **state)
{
    struct trkx_arenas *arenas = trkx_arenas_create();
    struct trkx_memory first = {.arena = trkx_arenas_lend(arenas, 1 << 12)};
    struct trkx_memory second = {.arena = trkx_arenas_lend(arenas, 1 << 12)};
    (void)state;
    trkx_arenas_return(trkx_arenas_lend(arenas, 1 << 12));
    trkx_arenas_close(arenas);
    use(&first);
    trkx_arenas_return(first.arena);
    use(&second);
    trkx_arenas_return(second.arena);
}

static void each_failure_to_grow_is_a_null(void **state)
{
    bool failed = true;
    (void)state;
    for (long after = 0; failed; after++) {
        void *blocks[20];
        trkx_memory_fail_after(after);
        struct trkx_arenas *arenas = trkx_arenas_create();
        struct trkx_memory memory = {.arena = NULL};
        if (arenas != NULL) memory.arena = trkx_arenas_lend(arenas, 1 << 12);
        failed = memory.arena == NULL;
        for (int i = 0; i < 20; i++) {
            blocks[i] = memory.arena != NULL ? trkx_allocate(&memory, 1000, 1 + (size_t)i) : NULL;
            failed |= blocks[i] == NULL;
        }
        for (int i = 0; i < 20; i++) trkx_release(blocks[i]);
        assert_int_equal(memory.current, 0);
        trkx_arenas_return(memory.arena); /* may fail to join the segments */
        trkx_arenas_close(arenas);
        trkx_memory_fail_after(-1);
        assert_true(after < 100);
    }
}

/* ---- AddressSanitizer ------------------------------------------------------------------------------- */

#ifdef TRKX_POISONS

static bool poisoned(const char *address)
{
    return __asan_address_is_poisoned(address) != 0;
}

static void check_rims(const char *block, size_t size)
{
    assert_true(poisoned(block - 1));
    assert_false(poisoned(block));
    assert_false(poisoned(block + size - 1));
    assert_true(poisoned(block + size));
}

static void poison_is_where_it_should_be(void **state)
{
    struct trkx_arenas *arenas = trkx_arenas_create();
    struct trkx_memory memory = {.arena = trkx_arenas_lend(arenas, 1 << 20)};
    static const size_t sizes[] = {1, 7, 8, 63, 64, 65, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *block = trkx_allocate(&memory, sizes[i], 1), *other = trkx_allocate(NULL, sizes[i], 1);
        check_rims(block, sizes[i]);
        check_rims(other, sizes[i]);
        trkx_release(other);
        trkx_shrink(block, 1, 1);
        check_rims(block, 1);
        trkx_release(block);
        assert_true(poisoned(block));
        assert_true(poisoned(block - TRKX_ALIGNMENT)); /* so that another release is found as well */
    }
    trkx_arenas_return(memory.arena);
    trkx_arenas_close(arenas);
}

#else

static void poison_is_where_it_should_be(void **state)
{
    (void)state;
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_to_themselves),
        cmocka_unit_test(blocks_of_the_system_keep_to_themselves),
        cmocka_unit_test(the_count_is_of_the_live_blocks),
        cmocka_unit_test(the_lowest_place_that_fits_is_taken),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(nothing_is_asked_of_the_system_in_the_long_run),
        cmocka_unit_test(what_came_back_last_is_lent_first),
        cmocka_unit_test(an_arena_outlives_its_owner),
        cmocka_unit_test(each_failure_to_grow_is_a_null),
        cmocka_unit_test(poison_is_where_it_should_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
