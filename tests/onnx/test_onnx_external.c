/* Proves: a model with data in other files gives the same scores as with its data inside, whatever the
 * working directory, from which no file is taken; files that are missing, have a wrong checksum or none, or
 * do not fit their tensor are errors that name the tensor; so is external data anywhere but in the graph's
 * own initializers, which ONNX Runtime would load by itself; `trkx model` reads models with their data
 * inside; every failing allocation is an error and leaks nothing. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>
#include <sha2.h>

#include "core/memory.h"
#include "io/external_data.h"
#include "onnx/check.h"
#include "onnx/repair.h"
#include "tests/onnx/onnx_models.h"
#include "tests/onnx/onnx_run.h"
#include "tests/scratch.h"

#define SOUND .opset = 16, .reduction = "add"
#define DATA "gnn.data" /* beside gnn.onnx */

/* ---- models with data outside ------------------------------------------------------------------------ */

static void add_entry(Onnx__TensorProto *tensor, const char *key, const char *value)
{
    Onnx__StringStringEntryProto *entry =
        BUILD(Onnx__StringStringEntryProto, ONNX__STRING_STRING_ENTRY_PROTO__INIT);
    if (tensor->external_data == NULL) tensor->external_data = build_take(8 * sizeof(void *));
    entry->key = build_text(key);
    entry->value = build_text(value);
    BUILD_APPEND(tensor->external_data, tensor->n_external_data, entry);
}

static void set_external(Onnx__TensorProto *tensor, const char *location)
{
    tensor->has_data_location = 1;
    tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    tensor->has_raw_data = 0;
    add_entry(tensor, "location", location);
}

/* The small network, all its weights in DATA, which is written; scratch/gnn.onnx is not yet. Sizes and axes,
 * which ONNX Runtime has to know before, are inside. */
static Onnx__ModelProto *build_outside(void)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    char block[4096], number[32];
    size_t used = 0;
    for (size_t i = 0; i < model->graph->n_initializer; i++) {
        Onnx__TensorProto *tensor = model->graph->initializer[i];
        if (tensor->data_type != FLOAT32) continue;
        memcpy(block + used, tensor->raw_data.data, tensor->raw_data.len);
        set_external(tensor, DATA);
        snprintf(number, sizeof number, "%zu", used);
        add_entry(tensor, "offset", number);
        snprintf(number, sizeof number, "%zu", tensor->raw_data.len);
        add_entry(tensor, "length", number);
        used += tensor->raw_data.len;
    }
    scratch_write(DATA, block, used);
    return model;
}

static const char *write_model(const Onnx__ModelProto *model)
{
    size_t length = 0;
    uint8_t *bytes = build_pack(model, &length);
    const char *path = scratch_write("gnn.onnx", bytes, length);
    free(bytes);
    return path;
}

static enum trkx_status read_external(const Onnx__ModelProto *model, const struct trkx_data_list *list,
                                      struct trkx_external *external, trkx_error *error)
{
    size_t length = 0;
    uint8_t *bytes = build_pack(model, &length);
    enum trkx_status status =
        trkx_external_read(scratch_path("gnn.onnx"), bytes, length, list, external, error);
    free(bytes);
    return status;
}

static void expect_refusal(const Onnx__ModelProto *model, const struct trkx_data_list *list,
                           enum trkx_status expected, const char *text)
{
    static const struct trkx_external empty;
    struct trkx_external external;
    trkx_error error = {TRKX_OK, ""};
    enum trkx_status status = read_external(model, list, &external, &error);
    if (status != expected || strstr(error.message, text) == NULL)
        fail_msg("status %d, \"%s\", expected \"%s\"", status, error.message, text);
    assert_memory_equal(&external, &empty, sizeof empty);
}

/* The scores of a model as ONNX Runtime gives them with what lies beside scratch/gnn.onnx. */
static enum trkx_status run(Onnx__ModelProto *model, float *scores, trkx_error *error)
{
    struct graph graph;
    char *path = build_text(scratch_path("gnn.onnx"));
    const struct trkx_onnx file = {.path = path, .model = model};
    graph_make(&graph);
    return graph_run(&file, "score", &graph, scores, error);
}

/* ---- what is right ----------------------------------------------------------------------------------- */

static void data_in_a_file_is_the_same_as_inside(void **state)
{
    float inside[GRAPH_EDGES], outside[GRAPH_EDGES];
    trkx_error error;
    (void)state;
    assert_int_equal(run(build_small(&(struct small){SOUND}), inside, &error), TRKX_OK);
    if (run(build_outside(), outside, &error) != TRKX_OK) fail_msg("%s", error.message);
    assert_memory_equal(inside, outside, sizeof inside);
    Onnx__ModelProto *model = build_outside();
    set_external(model->graph->initializer[1], "second.data"); /* b0, without offset and length */
    model->graph->initializer[1]->external_data += 3;
    model->graph->initializer[1]->n_external_data = 1;
    float biases[SMALL_WIDTH];
    for (int i = 0; i < SMALL_WIDTH; i++) biases[i] = small_weight(1, i);
    scratch_write("second.data", biases, sizeof biases);
    if (run(model, outside, &error) != TRKX_OK) fail_msg("%s", error.message);
    assert_memory_equal(inside, outside, sizeof inside);
}

/* Another file of the same name in the working directory counts for nothing, nor does the only one. */
static void the_working_directory_counts_for_nothing(void **state)
{
    float inside[GRAPH_EDGES], outside[GRAPH_EDGES], scores[GRAPH_EDGES];
    static const char zeros[4096];
    trkx_error error;
    char before[512];
    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(run(build_small(&(struct small){SOUND}), inside, &error), TRKX_OK);
    Onnx__ModelProto *model = build_outside();
    const char *elsewhere = scratch_path("elsewhere");
    assert_int_equal(mkdir(elsewhere, 0700), 0);
    scratch_write("elsewhere/" DATA, zeros, sizeof zeros);
    assert_int_equal(chdir(elsewhere), 0);
    enum trkx_status beside = run(model, outside, &error);
    unlink(scratch_path(DATA));
    trkx_error missing;
    enum trkx_status gone = run(model, scores, &missing);
    assert_int_equal(chdir(before), 0);
    unlink(scratch_path("elsewhere/" DATA));
    rmdir(scratch_path("elsewhere"));
    if (beside != TRKX_OK) fail_msg("%s", error.message);
    assert_memory_equal(inside, outside, sizeof inside);
    assert_int_equal(gone, TRKX_ERROR_IO);
    assert_non_null(strstr(missing.message, scratch_path(DATA)));
}

/* ONNX Runtime warns of the second, uses it, and looks for the file of the first. */
static void a_tensor_that_is_there_twice_is_no_way_out(void **state)
{
    float scores[GRAPH_EDGES];
    trkx_error error;
    (void)state;
    Onnx__ModelProto *model = build_outside();
    BUILD_APPEND(model->graph->initializer, model->graph->n_initializer, model->graph->initializer[0]);
    if (run(model, scores, &error) != TRKX_OK) fail_msg("%s", error.message);
}

static void links_may_stay_in_the_directory(void **state)
{
    struct trkx_external external;
    (void)state;
    Onnx__ModelProto *model = build_outside();
    assert_int_equal(rename(scratch_path(DATA), scratch_path("real.data")), 0);
    assert_int_equal(symlink("real.data", scratch_path(DATA)), 0);
    assert_int_equal(read_external(model, NULL, &external, NULL), TRKX_OK);
    trkx_external_release(&external);
    unlink(scratch_path(DATA));
    assert_int_equal(symlink("/etc/passwd", scratch_path(DATA)), 0);
    expect_refusal(model, NULL, TRKX_ERROR_MODEL, "is outside the model's directory");
}

/* ---- checksums --------------------------------------------------------------------------------------- */

static void files_are_those_of_the_list(void **state)
{
    struct trkx_external external;
    char digest[65], name[] = DATA, other[] = "other.data";
    (void)state;
    Onnx__ModelProto *model = build_outside();
    SHA256File(scratch_path(DATA), digest);
    struct trkx_data_file files[] = {{name, digest}, {other, digest}};
    struct trkx_data_list list = {files, 1};
    assert_int_equal(read_external(model, &list, &external, NULL), TRKX_OK);
    assert_int_equal(external.count, 1);
    assert_string_equal(external.files[0].sha256, digest);
    assert_int_equal(external.parts_count, 4);
    assert_int_equal(external.parts[1].offset, SMALL_IN * SMALL_WIDTH * sizeof(float));
    assert_int_equal(external.parts[1].length, SMALL_WIDTH * sizeof(float));
    trkx_external_release(&external);
    list.count = 2;
    expect_refusal(model, &list, TRKX_ERROR_MODEL, "has no data in other.data, although bundle.json lists");
    list.count = 0;
    expect_refusal(model, &list, TRKX_ERROR_MODEL,
                   "tensor w0: its data in another file (\"" DATA "\") has no checksum");
    list.count = 1;
    digest[3] = digest[3] == '0' ? '1' : '0';
    expect_refusal(model, &list, TRKX_ERROR_MODEL, "SHA-256 is");
    expect_refusal(build_small(&(struct small){SOUND}), &list, TRKX_ERROR_MODEL, "has no data in " DATA);
}

/* ---- what is wrong ----------------------------------------------------------------------------------- */

static void every_wrong_place_is_named(void **state)
{
    static const char *const places[] = {
        "/etc/passwd", "../gnn.data", "sub/gnn.data", "./gnn.data", "..", ".", "", "*/_ORT_MEM_ADDR_/*"};
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        Onnx__ModelProto *model = build_outside();
        model->graph->initializer[0]->external_data[0]->value = build_text(places[i]);
        expect_refusal(model, NULL, TRKX_ERROR_MODEL, "tensor w0: its data in another file");
    }
    Onnx__ModelProto *model = build_outside();
    model->graph->initializer[0]->external_data[0]->value = build_text("nowhere.data");
    expect_refusal(model, NULL, TRKX_ERROR_IO, "nowhere.data: cannot be read");
    assert_int_equal(mkfifo(scratch_path("fifo.data"), 0600), 0);
    model->graph->initializer[0]->external_data[0]->value = build_text("fifo.data");
    expect_refusal(model, NULL, TRKX_ERROR_IO, "fifo.data: cannot be read: not a file");
}

/* One entry of w0's three changed. */
static void every_wrong_extent_is_named(void **state)
{
    static const struct {
        int entry;
        const char *key, *value, *text;
    } wrong[] = {{1, "offset", "-4", "invalid offset or length"},
                 {1, "offset", "1.5", "invalid offset or length"},
                 {1, "offset", "0x10", "invalid offset or length"},
                 {1, "offset", "99999999999999999999999", "invalid offset or length"},
                 {1, "offset", "18446744073709551612", "invalid offset or length"},
                 {1, "offset", "1000000", "beyond the end"},
                 {1, "offset", "9223372036854775807", "beyond the end"},
                 {2, "length", "44", "does not match its shape"},
                 {2, "length", "52", "does not match its shape"},
                 {2, "length", "0", "does not match its shape"},
                 {2, "length", "-48", "invalid offset or length"},
                 {1, "location", DATA, "repeated, unknown or unterminated"},
                 {2, "prepacked", "1", "repeated, unknown or unterminated"},
                 {0, "checksum", "1", "not in a file"}};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Onnx__ModelProto *model = build_outside();
        Onnx__StringStringEntryProto *entry = model->graph->initializer[0]->external_data[wrong[i].entry];
        entry->key = build_text(wrong[i].key);
        entry->value = build_text(wrong[i].value);
        expect_refusal(model, NULL, TRKX_ERROR_MODEL, wrong[i].text);
    }
}

static void every_wrong_shape_is_named(void **state)
{
    static const int64_t dims[][2] = {{-1, 4}, {INT64_MAX, 4}, {1LL << 40, 1LL << 40}};
    (void)state;
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        Onnx__ModelProto *model = build_outside();
        memcpy(model->graph->initializer[0]->dims, dims[i], sizeof dims[i]);
        expect_refusal(model, NULL, TRKX_ERROR_MODEL, "repeated, unknown or unterminated");
    }
    Onnx__ModelProto *model = build_outside();
    model->graph->initializer[0]->dims[0] = 300; /* more than the file has */
    model->graph->initializer[0]->n_external_data = 2;
    expect_refusal(model, NULL, TRKX_ERROR_MODEL, "beyond the end");
    model->graph->initializer[0]->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    expect_refusal(model, NULL, TRKX_ERROR_MODEL, "of a type that cannot have any");
    model->graph->initializer[0]->data_type = 1000;
    expect_refusal(model, NULL, TRKX_ERROR_MODEL, "of a type that cannot have any");
}

/* A tensor outside, which may stand anywhere. */
static Onnx__TensorProto *outside(const char *name)
{
    static const int64_t one = 1;
    Onnx__TensorProto *tensor = build_tensor(name, FLOAT32, &one, 1, &one, sizeof(float));
    set_external(tensor, DATA);
    return tensor;
}

static Onnx__SparseTensorProto *sparse(const char *name)
{
    Onnx__SparseTensorProto *tensor = BUILD(Onnx__SparseTensorProto, ONNX__SPARSE_TENSOR_PROTO__INIT);
    tensor->values = outside(name);
    return tensor;
}

/* A graph or a function of one Constant. */
static Onnx__GraphProto *constant_graph(void)
{
    Onnx__ModelProto *inner = build_another(16);
    build_value(build_node(inner, "Constant", "", "inner"), outside("deep"));
    return inner->graph;
}

static void data_anywhere_else_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        Onnx__ModelProto *model = build_outside();
        Onnx__NodeProto *node = build_node(model, "Constant", "", "odd");
        Onnx__AttributeProto *attribute = build_attribute(node, "value", 4);
        Onnx__TensorProto *tensor = outside("deep");
        Onnx__SparseTensorProto *rare = sparse("deep");
        Onnx__GraphProto *graph = constant_graph();
        Onnx__FunctionProto *function = BUILD(Onnx__FunctionProto, ONNX__FUNCTION_PROTO__INIT);
        Onnx__TrainingInfoProto *training = BUILD(Onnx__TrainingInfoProto, ONNX__TRAINING_INFO_PROTO__INIT);
        switch (i) {
        case 0: attribute->t = tensor; break;
        case 1: attribute->tensors = &tensor, attribute->n_tensors = 1; break;
        case 2: attribute->sparse_tensor = rare; break;
        case 3: attribute->g = graph; break;
        case 4: attribute->graphs = &graph, attribute->n_graphs = 1; break;
        case 5: model->graph->sparse_initializer = &rare, model->graph->n_sparse_initializer = 1; break;
        case 6:
            function->node = graph->node, function->n_node = graph->n_node;
            model->functions = &function, model->n_functions = 1;
            break;
        default:
            training->initialization = graph;
            model->training_info = &training, model->n_training_info = 1;
        }
        expect_refusal(model, NULL, TRKX_ERROR_MODEL,
                       "tensor deep: its data in another file (\"" DATA
                       "\") is not that of an initializer of the main graph");
    }
}

static void what_is_cut_or_nested_without_end_is_no_model(void **state)
{
    struct trkx_external external;
    trkx_error error;
    size_t length = 0;
    (void)state;
    Onnx__ModelProto *model = build_outside();
    uint8_t *bytes = build_pack(model, &length);
    const char *path = scratch_path("gnn.onnx");
    size_t refused = 0;
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *part = malloc(cut + 1); /* of exactly this size, so that a sanitizer sees its end */
        memcpy(part, bytes, cut);
        refused += trkx_external_read(path, part, cut, NULL, &external, &error) != TRKX_OK;
        trkx_external_release(&external);
        free(part);
    }
    assert_true(refused > length / 2); /* the graph is one message */
    free(bytes);
    enum { DEEP = 200 };
    for (int i = 0; i < DEEP; i++) {
        Onnx__ModelProto *around = build_another(16);
        build_attribute(build_node(around, "If", "x", "y"), "then_branch", 5)->g = model->graph;
        model = around;
    }
    expect_refusal(model, NULL, TRKX_ERROR_MODEL, "nested too deeply");
}

static void every_allocation_may_fail(void **state)
{
    struct trkx_external external;
    trkx_error error;
    long after = 0;
    (void)state;
    Onnx__ModelProto *model = build_outside();
    for (enum trkx_status status = TRKX_ERROR_MEMORY; status != TRKX_OK; after++) {
        trkx_memory_fail_after(after);
        status = read_external(model, NULL, &external, &error);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) break;
        assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
    assert_true(after > 5);
    trkx_external_release(&external);
    const char *path = write_model(model);
    struct trkx_onnx file;
    after = 0;
    for (enum trkx_status status = TRKX_ERROR_MEMORY; status != TRKX_OK; after++) {
        trkx_memory_fail_after(after);
        status = trkx_onnx_read(path, &file, &error);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) break;
        assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
    assert_true(after > 50);
    trkx_onnx_release(&file);
}

/* ---- trkx model -------------------------------------------------------------------------------------- */

static void a_model_is_read_with_its_data(void **state)
{
    struct trkx_onnx inside, outside_file;
    struct trkx_findings changes = {0};
    size_t lengths[2];
    trkx_error error;
    (void)state;
    build_file(build_small(&(struct small){SOUND}), &inside);
    assert_int_equal(trkx_onnx_read(write_model(build_outside()), &outside_file, &error), TRKX_OK);
    assert_null(outside_file.left_outside);
    assert_string_equal(outside_file.data.files[0].name, DATA);
    uint8_t *expected = build_pack(inside.model, &lengths[0]),
            *found = build_pack(outside_file.model, &lengths[1]);
    assert_int_equal(lengths[0], lengths[1]);
    assert_memory_equal(expected, found, lengths[0]);
    assert_int_equal(trkx_onnx_repair(&outside_file, NULL, 0, &changes, &error), TRKX_OK);
    assert_string_equal(changes.list[0].node, DATA);
    trkx_findings_release(&changes);
    trkx_onnx_release(&inside);
    trkx_onnx_release(&outside_file);
    free(expected);
    free(found);
}

static size_t count_faults(const struct trkx_data_list *list, const char *kind, const char *text)
{
    struct trkx_contract contract = {
        .nodes = "g_nodes", .edges = "g_edges", .output = "score", .features = 3, .data = list};
    struct trkx_onnx file;
    struct trkx_findings findings = {0};
    size_t found = 0;
    assert_int_equal(trkx_onnx_read(scratch_path("gnn.onnx"), &file, NULL), TRKX_OK);
    assert_int_equal(trkx_onnx_check(&file, &contract, &findings, NULL), TRKX_OK);
    for (size_t i = 0; i < findings.count; i++) {
        const struct trkx_finding *finding = &findings.list[i];
        if (strcmp(finding->kind, kind) != 0 || strstr(finding->text, text) == NULL)
            fail_msg("%s: %s: %s", finding->kind, finding->node, finding->text);
        found++;
    }
    trkx_findings_release(&findings);
    trkx_onnx_release(&file);
    return found;
}

static void the_check_agrees_with_the_library(void **state)
{
    char digest[65], name[] = DATA, other[] = "other.data";
    struct trkx_data_file files[] = {{name, digest}, {other, digest}};
    (void)state;
    write_model(build_outside());
    SHA256File(scratch_path(DATA), digest);
    assert_int_equal(count_faults(&(struct trkx_data_list){files, 1}, "", ""), 0);
    assert_int_equal(count_faults(NULL, "", ""), 0);
    assert_int_equal(
        count_faults(&(struct trkx_data_list){files, 0}, "external", "no checksum in bundle.json"), 1);
    assert_int_equal(count_faults(&(struct trkx_data_list){files, 2}, "external", "has no data in it"), 1);
    digest[0] = digest[0] == '0' ? '1' : '0';
    assert_int_equal(count_faults(&(struct trkx_data_list){files, 1}, "checksum", "SHA-256 is"), 1);
    unlink(scratch_path(DATA));
    assert_int_equal(count_faults(&(struct trkx_data_list){files, 1}, "external", "cannot be read"), 1);
    struct trkx_onnx file;
    struct trkx_findings changes = {0};
    trkx_error error;
    assert_int_equal(trkx_onnx_read(scratch_path("gnn.onnx"), &file, &error), TRKX_OK);
    assert_int_equal(trkx_onnx_repair(&file, NULL, 0, &changes, &error), TRKX_ERROR_MODEL);
    assert_non_null(strstr(error.message, "cannot be read"));
    trkx_findings_release(&changes);
    trkx_onnx_release(&file);
}

/* ---- a bundle ----------------------------------------------------------------------------------------- */

/* Moves the weights of the default GNN into scratch/DATA. */
static void move_weights_out(void)
{
    struct trkx_onnx file;
    size_t used = 0;
    static char block[1 << 20];
    char offset[32];
    build_used = 0;
    assert_int_equal(trkx_onnx_read("models/default/gnn.onnx", &file, NULL), TRKX_OK);
    Onnx__ModelProto model = *file.model; /* with initializers of our own */
    Onnx__GraphProto graph = *file.model->graph;
    Onnx__TensorProto **list = build_take(graph.n_initializer * sizeof *list);
    for (size_t i = 0; i < graph.n_initializer; i++) {
        list[i] = build_copy(graph.initializer[i], sizeof *list[i]);
        memcpy(block + used, list[i]->raw_data.data, list[i]->raw_data.len);
        set_external(list[i], DATA);
        snprintf(offset, sizeof offset, "%zu", used);
        add_entry(list[i], "offset", offset);
        used += list[i]->raw_data.len;
    }
    graph.initializer = list;
    model.graph = &graph;
    write_model(&model);
    scratch_write(DATA, block, used);
    trkx_onnx_release(&file);
}

/* scratch/bundle.json: the default one, with this GNN. */
static void write_bundle(bool lists_data)
{
    static const char *const others[] = {"embedding.onnx",     "filter.onnx",   "second_embedding.onnx",
                                         "second_filter.onnx", "detector.json", "detectors.csv.gz"};
    char digest[65];
    json_t *root = json_load_file("models/default/bundle.json", 0, NULL), *gnn = json_object_get(root, "gnn");
    SHA256File(scratch_path("gnn.onnx"), digest);
    json_object_set_new(gnn, "sha256", json_string(digest));
    SHA256File(scratch_path(DATA), digest);
    if (lists_data)
        json_object_set_new(gnn, "data", json_pack("[{s:s, s:s}]", "file", DATA, "sha256", digest));
    assert_int_equal(json_dump_file(root, scratch_path("bundle.json"), 0), 0);
    json_decref(root);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char from[256];
        snprintf(from, sizeof from, "models/default/%s", others[i]);
        assert_int_equal(trkx_file_copy(from, scratch_path(others[i]), NULL), TRKX_OK);
    }
}

static trkx_result *find_tracks(const char *bundle)
{
    trkx_simulate_options options;
    trkx_event *event = NULL;
    trkx_pipeline *pipeline = NULL;
    trkx_result *result = NULL;
    trkx_error error;
    trkx_simulate_options_init(&options);
    options.density = 0.005;
    assert_int_equal(trkx_simulate(&options, 1, &event, &error), TRKX_OK);
    if (trkx_pipeline_create(bundle, NULL, &pipeline, &error) != TRKX_OK) fail_msg("%s", error.message);
    assert_int_equal(trkx_pipeline_run(pipeline, trkx_event_hits(event), NULL, &result, &error), TRKX_OK);
    trkx_event_destroy(event);
    trkx_pipeline_destroy(pipeline);
    return result;
}

static void expect_no_pipeline(enum trkx_status status, const char *text)
{
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    assert_int_equal(trkx_pipeline_create(scratch, NULL, &pipeline, &error), status);
    if (strstr(error.message, text) == NULL) fail_msg("\"%s\"", error.message);
}

static void a_bundle_s_networks_may_have_files_beside_them(void **state)
{
    (void)state;
    move_weights_out();
    write_bundle(true);
    trkx_result *inside = find_tracks("models/default"), *found = find_tracks(scratch);
    assert_true(inside->tracks > 0);
    assert_int_equal(inside->tracks, found->tracks);
    assert_memory_equal(inside->labels, found->labels, inside->hits * sizeof *inside->labels);
    trkx_result_destroy(inside);
    trkx_result_destroy(found);
    assert_int_equal(truncate(scratch_path(DATA), 1000), 0);
    expect_no_pipeline(TRKX_ERROR_MODEL, "its data, " DATA ": SHA-256 is");
    unlink(scratch_path(DATA));
    expect_no_pipeline(TRKX_ERROR_IO, DATA ": cannot be read");
    move_weights_out();
    write_bundle(false);
    expect_no_pipeline(TRKX_ERROR_MODEL, "has no checksum: list it under \"data\" in bundle.json");
}

static int clean(void **state)
{
    (void)state;
    scratch_files(true);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(data_in_a_file_is_the_same_as_inside, clean),
        cmocka_unit_test_teardown(the_working_directory_counts_for_nothing, clean),
        cmocka_unit_test_teardown(a_tensor_that_is_there_twice_is_no_way_out, clean),
        cmocka_unit_test_teardown(links_may_stay_in_the_directory, clean),
        cmocka_unit_test_teardown(files_are_those_of_the_list, clean),
        cmocka_unit_test_teardown(every_wrong_place_is_named, clean),
        cmocka_unit_test_teardown(every_wrong_extent_is_named, clean),
        cmocka_unit_test_teardown(every_wrong_shape_is_named, clean),
        cmocka_unit_test_teardown(data_anywhere_else_is_refused, clean),
        cmocka_unit_test_teardown(what_is_cut_or_nested_without_end_is_no_model, clean),
        cmocka_unit_test_teardown(every_allocation_may_fail, clean),
        cmocka_unit_test_teardown(a_model_is_read_with_its_data, clean),
        cmocka_unit_test_teardown(the_check_agrees_with_the_library, clean),
        cmocka_unit_test_teardown(a_bundle_s_networks_may_have_files_beside_them, clean),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_destroy);
}
