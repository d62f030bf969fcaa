/* Proves: the provider claims the networks of models/default and the published Exa.TrkX GNN, repaired,
 * completely; its results agree with the stock runtime's to 1e-4 on graphs of all sizes, and are the same
 * bytes on 1, 2 and 4 threads and when repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "onnx/repair.h"
#include "tests/ep/ep_run.h"

#define PUBLISHED "../shared/data/exatrkx/gnn.onnx"

static void check_file(const struct trkx_onnx *file)
{
    const char *wrong = run_model(file->model, WHOLE);
    if (wrong != NULL) fail_msg("%s: %s", file->path, wrong);
}

static void test_default_models(void **state)
{
    (void)state;
    static const char *const paths[] = {"models/default/embedding.onnx", "models/default/filter.onnx",
                                        "models/default/gnn.onnx", "models/default/second_embedding.onnx",
                                        "models/default/second_filter.onnx"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct trkx_onnx file;
        trkx_error error;
        if (trkx_onnx_read(paths[i], &file, &error) != TRKX_OK) fail_msg("%s", error.message);
        check_file(&file);
        trkx_onnx_release(&file);
    }
}

static void test_published_model(void **state)
{
    (void)state;
    trkx_error error;
    if (access(PUBLISHED, R_OK) != 0) {
        print_message("no " PUBLISHED " here\n");
        skip();
    }
    for (int64_t opset = 16; opset <= 18; opset++) {
        struct trkx_onnx file;
        struct trkx_findings changes = {0};
        if (trkx_onnx_read(PUBLISHED, &file, &error) != TRKX_OK) fail_msg("%s", error.message);
        if (trkx_onnx_repair(&file, NULL, opset, &changes, &error) != TRKX_OK) fail_msg("%s", error.message);
        trkx_findings_release(&changes);
        check_file(&file);
        trkx_onnx_release(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_default_models),
                                       cmocka_unit_test(test_published_model)};
    return cmocka_run_group_tests(tests, run_begin, run_end);
}
