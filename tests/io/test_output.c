/* Proves: memory is aligned, counted exactly and back to zero, rejects sizes that overflow, and fails on
 * demand at the Nth allocation; output files appear whole or not at all, plain and gzipped; a failure names
 * the file and the reason and leaves no trace, nor does a process that dies; links and modes are kept, and
 * non-regular files are written directly. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "core/memory.h"
#include "io/output.h"

static char directory[] = "/tmp/trkx-output-XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory); /* fails where a test left a file */
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static size_t files_in_directory(void)
{
    size_t count = 0;
    DIR *entries = opendir(directory);
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) count += entry->d_name[0] != '.';
    closedir(entries);
    return count;
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static void blocks_are_aligned_and_counted(void **state)
{
    struct trkx_memory memory = {0};
    void *blocks[40];
    (void)state;
    for (size_t i = 0; i < 40; i++) {
        size_t before = memory.current;
        blocks[i] = trkx_allocate(&memory, i * i * 100, i % 9);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % TRKX_ALIGNMENT, 0);
        assert_true(memory.current >= before + i * i * 100 * (i % 9));
        memset(blocks[i], 0xab, i * i * 100 * (i % 9));
    }
    size_t most = memory.current;
    for (size_t i = 0; i < 40; i++) trkx_release(blocks[i]);
    assert_int_equal(memory.current, 0);
    assert_int_equal(trkx_memory_restart(&memory), most);
    assert_int_equal(memory.peak, 0);
    trkx_release(NULL);
}

static void zeroed_blocks_are_zero(void **state)
{
    (void)state;
    unsigned char *block = trkx_allocate_zero(NULL, 1000, 7);
    assert_non_null(block);
    for (size_t i = 0; i < 7000; i++) assert_int_equal(block[i], 0);
    trkx_release(block);
}

static void reallocation_keeps_content_and_counter(void **state)
{
    struct trkx_memory memory = {0};
    (void)state;
    int *block = trkx_allocate(&memory, 100, sizeof *block);
    for (int i = 0; i < 100; i++) block[i] = i;
    block = trkx_reallocate(block, 100000, sizeof *block);
    for (int i = 0; i < 100; i++) assert_int_equal(block[i], i);
    assert_true(memory.current >= 100000 * sizeof *block);
    block = trkx_reallocate(block, 10, sizeof *block);
    for (int i = 0; i < 10; i++) assert_int_equal(block[i], i);
    assert_true(memory.current < 1000 * sizeof *block);
    trkx_release(block);
    assert_int_equal(memory.current, 0);
}

static void reallocation_that_fails_leaves_the_block(void **state)
{
    (void)state;
    char *block = trkx_duplicate("still here");
    assert_null(trkx_reallocate(block, SIZE_MAX, 2));
    trkx_memory_fail_after(0);
    assert_null(trkx_reallocate(block, 100, 1));
    trkx_memory_fail_after(-1);
    assert_string_equal(block, "still here");
    trkx_release(block);
}

static void sizes_that_overflow_are_refused(void **state)
{
    struct trkx_memory memory = {0};
    (void)state;
    assert_null(trkx_allocate(&memory, SIZE_MAX, 1));
    assert_null(trkx_allocate(&memory, SIZE_MAX - 64, 1));
    assert_null(trkx_allocate(&memory, SIZE_MAX / 2, 3));
    assert_null(trkx_allocate_zero(&memory, (size_t)1 << 32, (size_t)1 << 32));
    assert_int_equal(memory.current, 0);
}

static void the_nth_allocation_fails(void **state)
{
    void *blocks[5];
    (void)state;
    trkx_memory_fail_after(3);
    for (int i = 0; i < 5; i++) {
        blocks[i] = trkx_allocate(NULL, 1, 1);
        assert_int_equal(blocks[i] != NULL, i < 3);
    }
    assert_null(trkx_duplicate("text"));
    assert_int_equal(trkx_memory_fail_after(-1), 6);
    for (int i = 0; i < 3; i++) trkx_release(blocks[i]);
}

/* ---- files ------------------------------------------------------------------------------------------ */

/* Bytes that neither fit one buffer nor end at its border. */
static char *long_text(size_t length)
{
    char *text = malloc(length + 1);
    assert_non_null(text);
    for (size_t i = 0; i < length; i++) text[i] = (char)('a' + (i * i / 7) % 26);
    text[length] = '\0';
    return text;
}

/* gzopen reads plain files as well. */
static void assert_file_holds(const char *path, const char *text)
{
    size_t length = strlen(text);
    char *found = malloc(length + 2);
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    int count = gzread(file, found, (unsigned)length + 1);
    gzclose(file);
    assert_int_equal(count, length);
    assert_memory_equal(found, text, length);
    free(found);
}

static void write_and_compare(bool gzip, size_t length)
{
    struct trkx_output *output = NULL;
    trkx_error error;
    char *text = long_text(length);
    const char *path = path_of("file");
    assert_int_equal(trkx_output_open(path, gzip, &output, &error), TRKX_OK);
    for (size_t done = 0, part = 1; done < length; done += part, part = part * 3 + 1) {
        if (part > length - done) part = length - done;
        trkx_output_write(output, text + done, part);
    }
    assert_int_equal(access(path, F_OK), -1); /* not there before it is whole */
    assert_int_equal(trkx_output_commit(output, &error), TRKX_OK);
    assert_int_equal(files_in_directory(), 1);
    assert_file_holds(path, text);
    assert_int_equal(unlink(path), 0);
    free(text);
}

static void files_appear_whole(void **state)
{
    static const size_t lengths[] = {0, 1, 65535, 65536, 65537, 300001};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        write_and_compare(false, lengths[i]);
        write_and_compare(true, lengths[i]);
    }
}

static void an_older_file_is_replaced_at_once(void **state)
{
    struct trkx_output *output = NULL;
    trkx_error error;
    const char *path = path_of("file");
    (void)state;
    assert_int_equal(trkx_text_write(path, "older", &error), TRKX_OK);
    assert_int_equal(trkx_output_open(path, false, &output, &error), TRKX_OK);
    trkx_output_printf(output, "%s %d\n", "newer", 2);
    assert_file_holds(path, "older");
    assert_int_equal(trkx_output_commit(output, &error), TRKX_OK);
    assert_file_holds(path, "newer 2\n");
    assert_int_equal(unlink(path), 0);
}

static void what_is_discarded_leaves_no_trace(void **state)
{
    struct trkx_output *output = NULL;
    trkx_error error;
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        assert_int_equal(trkx_output_open(path_of("file"), gzip, &output, &error), TRKX_OK);
        trkx_output_printf(output, "half of ");
        trkx_output_discard(output);
        assert_int_equal(files_in_directory(), 0);
    }
    trkx_output_discard(NULL);
}

static void a_line_that_is_too_long_is_an_error(void **state)
{
    struct trkx_output *output = NULL;
    trkx_error error;
    char *text = long_text(10000);
    (void)state;
    assert_int_equal(trkx_output_open(path_of("file"), false, &output, &error), TRKX_OK);
    trkx_output_printf(output, "%s", text);
    assert_int_equal(trkx_output_commit(output, &error), TRKX_ERROR_IO);
    assert_int_equal(files_in_directory(), 0);
    free(text);
}

static void a_place_that_cannot_be_written_is_named(void **state)
{
    static const char *const places[] = {"/proc/trkx", "/nowhere/at/all/file", "/dev/null/file"};
    struct trkx_output *output = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        trkx_error error = {TRKX_OK, ""};
        assert_int_equal(trkx_output_open(places[i], false, &output, &error), TRKX_ERROR_IO);
        assert_null(output);
        assert_int_equal(error.status, TRKX_ERROR_IO);
        assert_memory_equal(error.message, places[i], strlen(places[i]));
        assert_int_equal(trkx_text_write(places[i], "text", NULL), TRKX_ERROR_IO);
    }
}

static void a_directory_in_the_file_s_place_is_an_error(void **state)
{
    trkx_error error = {TRKX_OK, ""};
    char *path = strdup(path_of("file"));
    (void)state;
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(trkx_text_write(path, "text", &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, path));
    assert_int_equal(files_in_directory(), 1);
    assert_int_equal(rmdir(path), 0);
    free(path);
}

/* A limit on the size of files stands for the full disk: write(2) takes a part, then fails. */
static void a_write_that_fails_leaves_no_trace(void **state)
{
    struct rlimit before, small;
    char *text = long_text(400000);
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){100000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int gzip = 0; gzip < 2; gzip++) {
        struct trkx_output *output = NULL;
        trkx_error error = {TRKX_OK, ""};
        assert_int_equal(trkx_output_open(path_of("file"), gzip, &output, &error), TRKX_OK);
        for (int i = 0; i < (gzip ? 3000000 / 400000 : 1); i++) trkx_output_write(output, text, 400000);
        uint64_t noise = 88172645463325252u; /* xorshift: what gzip cannot make small */
        for (int i = 0; gzip && i < 100000; i++) {
            noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
            trkx_output_write(output, &noise, sizeof noise);
        }
        assert_int_equal(trkx_output_commit(output, &error), TRKX_ERROR_IO);
        assert_non_null(strstr(error.message, strerror(EFBIG)));
        assert_int_equal(files_in_directory(), 0);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    free(text);
}

/* ---- links, modes, devices -------------------------------------------------------------------------- */

static void assert_link(const char *path, const char *to)
{
    char found[256] = "";
    assert_true(readlink(path, found, sizeof found - 1) > 0);
    assert_string_equal(found, to);
}

/* Through a chain of links, to a file that is not there at first. */
static void links_stay_and_lead_to_the_file(void **state)
{
    trkx_error error;
    char link[256], other[256], file[256];
    (void)state;
    strcpy(link, path_of("link"));
    strcpy(other, path_of("other"));
    strcpy(file, path_of("file"));
    assert_int_equal(symlink(other, link), 0);
    assert_int_equal(symlink("file", other), 0); /* seen from its directory */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(trkx_text_write(link, i == 0 ? "first" : "second", &error), TRKX_OK);
        assert_link(link, other);
        assert_link(other, "file");
        assert_file_holds(file, i == 0 ? "first" : "second");
        assert_int_equal(files_in_directory(), 3);
    }
    unlink(link), unlink(other), unlink(file);
}

static void links_in_a_circle_are_an_error(void **state)
{
    trkx_error error;
    (void)state;
    assert_int_equal(symlink("link", path_of("link")), 0);
    assert_int_equal(trkx_text_write(path_of("link"), "text", &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, strerror(ELOOP)));
    unlink(path_of("link"));
}

static mode_t mode_of(const char *path)
{
    struct stat there;
    assert_int_equal(stat(path, &there), 0);
    return there.st_mode & 07777;
}

static void a_file_keeps_its_mode(void **state)
{
    static const mode_t modes[] = {0600, 0640, 0666, 0400, 0755};
    const char *path = path_of("file");
    mode_t mask = umask(022);
    (void)state;
    assert_int_equal(trkx_text_write(path, "new", NULL), TRKX_OK);
    assert_int_equal(mode_of(path), 0644);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(trkx_text_write(path, "newer", NULL), TRKX_OK);
        assert_int_equal(mode_of(path), modes[i]);
    }
    umask(mask);
    unlink(path);
}

static void a_file_keeps_its_owner(void **state)
{
    struct stat there;
    const char *path = path_of("file");
    (void)state;
    if (getuid() != 0) skip();
    assert_int_equal(trkx_text_write(path, "new", NULL), TRKX_OK);
    assert_int_equal(chown(path, 12345, 54321), 0);
    assert_int_equal(trkx_text_write(path, "newer", NULL), TRKX_OK);
    assert_int_equal(stat(path, &there), 0);
    assert_int_equal(there.st_uid, 12345);
    assert_int_equal(there.st_gid, 54321);
    unlink(path);
}

static void a_device_is_written_through(void **state)
{
    struct stat there;
    char path[256];
    (void)state;
    strcpy(path, path_of("device"));
    if (mknod(path, S_IFCHR | 0666, makedev(1, 3)) != 0) skip(); /* only root makes devices: /dev/null */
    assert_int_equal(trkx_text_write(path, "gone", NULL), TRKX_OK);
    assert_int_equal(stat(path, &there), 0);
    assert_true(S_ISCHR(there.st_mode));
    unlink(path);
    assert_int_equal(mknod(path, S_IFCHR | 0666, makedev(1, 7)), 0); /* /dev/full */
    trkx_error error;
    assert_int_equal(trkx_text_write(path, "lost", &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, strerror(ENOSPC)));
    assert_int_equal(stat(path, &there), 0);
    unlink(path);
}

static void a_fifo_is_written_through(void **state)
{
    char path[256], found[16] = "";
    struct stat there;
    (void)state;
    strcpy(path, path_of("fifo"));
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(trkx_text_write(path, "passed on", NULL), TRKX_OK);
    assert_int_equal(read(reader, found, sizeof found), 9);
    assert_string_equal(found, "passed on");
    assert_int_equal(stat(path, &there), 0);
    assert_true(S_ISFIFO(there.st_mode));
    close(reader);
    unlink(path);
}

/* As /dev/stdout: what others write there, before and after, stays. */
static void a_descriptor_of_the_process_is_written_on(void **state)
{
    char name[64];
    const char *path = path_of("file");
    (void)state;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    assert_int_equal(write(file, "before ", 7), 7);
    assert_int_equal(trkx_text_write(name, "between ", NULL), TRKX_OK);
    assert_int_equal(write(file, "after", 5), 5);
    close(file);
    assert_file_holds(path, "before between after");
    unlink(path);
}

static void a_long_name_is_no_obstacle(void **state)
{
    char name[256];
    (void)state;
    memset(name, 'n', 255);
    name[255] = '\0';
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    for (int i = 0; i < 2; i++) assert_int_equal(trkx_text_write(path, "text", NULL), TRKX_OK);
    unlink(path);
    assert_int_equal(trkx_text_write("", "text", NULL), TRKX_ERROR_ARGUMENT);
}

static bool knows_nameless_files(void)
{
    int file = open(directory, O_TMPFILE | O_WRONLY, 0600);
    if (file >= 0) close(file);
    return file >= 0;
}

/* kill -9 in the middle of writing. */
static void a_process_that_is_killed_leaves_no_trace(void **state)
{
    const char *path = path_of("file");
    (void)state;
    if (!knows_nameless_files()) skip();
    for (int older = 0; older < 2; older++) {
        struct trkx_output *output = NULL;
        int code = 0;
        if (older) assert_int_equal(trkx_text_write(path, "older", NULL), TRKX_OK);
        pid_t child = fork();
        if (child == 0) {
            char *text = long_text(200000);
            trkx_output_open(path, false, &output, NULL);
            trkx_output_write(output, text, 200000);
            raise(SIGKILL);
        }
        assert_int_equal(waitpid(child, &code, 0), child);
        assert_true(WIFSIGNALED(code));
        assert_int_equal(files_in_directory(), older);
    }
    assert_file_holds(path, "older");
    unlink(path);
}

/* All files of a group, or none; those that were there before stay. */
static void several_outputs_appear_together(void **state)
{
    struct rlimit before, small;
    char paths[2][256], *text = long_text(50000);
    (void)state;
    strcpy(paths[0], path_of("a"));
    strcpy(paths[1], path_of("b"));
    assert_int_equal(trkx_text_write(paths[0], "older", NULL), TRKX_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int limited = 1; limited >= 0; limited--) {
        struct trkx_output *outputs[2];
        trkx_error error;
        small = (struct rlimit){limited ? 40000 : before.rlim_cur, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        for (int i = 0; i < 2; i++)
            assert_int_equal(trkx_output_open(paths[i], false, &outputs[i], &error), TRKX_OK);
        trkx_output_printf(outputs[0], "newer");
        trkx_output_write(outputs[1], text, 50000);
        enum trkx_status status = trkx_outputs_commit(outputs, 2, &error);
        assert_int_equal(status, limited ? TRKX_ERROR_IO : TRKX_OK);
        if (limited) assert_non_null(strstr(error.message, paths[1]));
        assert_file_holds(paths[0], limited ? "older" : "newer");
        assert_int_equal(files_in_directory(), limited ? 1 : 2);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    unlink(paths[0]), unlink(paths[1]);
    free(text);
}

static void every_allocation_of_an_output_may_fail(void **state)
{
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++)
        for (long after = 0;; after++) {
            struct trkx_output *output = NULL;
            trkx_error error;
            trkx_memory_fail_after(after);
            enum trkx_status status = trkx_output_open(path_of("file"), gzip, &output, &error);
            trkx_memory_fail_after(-1);
            if (status == TRKX_OK) {
                assert_true(after > 0);
                trkx_output_discard(output);
                break;
            }
            assert_int_equal(status, TRKX_ERROR_MEMORY);
            assert_null(output);
            assert_int_equal(files_in_directory(), 0);
        }
}

/* ---- errors ----------------------------------------------------------------------------------------- */

static void statuses_have_names(void **state)
{
    (void)state;
    for (int i = TRKX_OK; i <= TRKX_ERROR_CANCELLED; i++)
        for (int j = TRKX_OK; j < i; j++)
            assert_string_not_equal(trkx_status_name((enum trkx_status)i),
                                    trkx_status_name((enum trkx_status)j));
    assert_string_equal(trkx_status_name((enum trkx_status)999), "unknown status");
}

static void messages_are_one_line(void **state)
{
    trkx_error error;
    char *text = long_text(2 * TRKX_ERROR_MESSAGE_SIZE);
    (void)state;
    assert_int_equal(trkx_fail(&error, TRKX_ERROR_RUNTIME, "a\nb\r\n%d", 5), TRKX_ERROR_RUNTIME);
    assert_string_equal(error.message, "a b  5");
    assert_int_equal(trkx_fail(&error, TRKX_ERROR_IO, "%s", text), TRKX_ERROR_IO);
    assert_int_equal(strlen(error.message), TRKX_ERROR_MESSAGE_SIZE - 1);
    assert_int_equal(trkx_fail(NULL, TRKX_ERROR_IO, "nobody looks"), TRKX_ERROR_IO);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_counted),
        cmocka_unit_test(zeroed_blocks_are_zero),
        cmocka_unit_test(reallocation_keeps_content_and_counter),
        cmocka_unit_test(reallocation_that_fails_leaves_the_block),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(the_nth_allocation_fails),
        cmocka_unit_test(files_appear_whole),
        cmocka_unit_test(an_older_file_is_replaced_at_once),
        cmocka_unit_test(what_is_discarded_leaves_no_trace),
        cmocka_unit_test(a_line_that_is_too_long_is_an_error),
        cmocka_unit_test(a_place_that_cannot_be_written_is_named),
        cmocka_unit_test(a_directory_in_the_file_s_place_is_an_error),
        cmocka_unit_test(a_write_that_fails_leaves_no_trace),
        cmocka_unit_test(links_stay_and_lead_to_the_file),
        cmocka_unit_test(links_in_a_circle_are_an_error),
        cmocka_unit_test(a_file_keeps_its_mode),
        cmocka_unit_test(a_file_keeps_its_owner),
        cmocka_unit_test(a_device_is_written_through),
        cmocka_unit_test(a_fifo_is_written_through),
        cmocka_unit_test(a_descriptor_of_the_process_is_written_on),
        cmocka_unit_test(a_long_name_is_no_obstacle),
        cmocka_unit_test(a_process_that_is_killed_leaves_no_trace),
        cmocka_unit_test(several_outputs_appear_together),
        cmocka_unit_test(every_allocation_of_an_output_may_fail),
        cmocka_unit_test(statuses_have_names),
        cmocka_unit_test(messages_are_one_line),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
