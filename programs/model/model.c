/* trkx model: describes, checks and repairs ONNX models. */

#include "programs/model/model.h"

#include <stdio.h>
#include <string.h>

#include "onnx/convert.h"
#include "onnx/networks.h"
#include "onnx/scatter.h"
#include "programs/common.h"
#include "programs/model/check.h"
#include "programs/model/import.h"
#include "programs/model/info.h"
#include "programs/model/repair.h"

static void help(void)
{
    printf(
        "usage: trkx model info [OPTIONS] FILE...           inputs, outputs, parameters, arithmetic, "
        "operators\n"
        "       trkx model check [OPTIONS] FILE...          errors and warnings; exit code 1 if there are "
        "errors\n"
        "       trkx model repair [OPTIONS] FILE --out FILE repairs what it can, and lists the changes\n"
        "       trkx model import [OPTIONS] ... --out DIR   writes a bundle around other people's models "
        "(import\n"
        "                                                   --help)\n\n"
        "FILE is an ONNX model. For info and check it may also be a bundle (its directory or its\n"
        "bundle.json): each network is then also compared with its entry in bundle.json.\n\n"
        "  --json FILE   also write the output to FILE\n"
        "  --strict      check, repair: warnings count as errors\n"
        "  --out FILE    repair: the repaired model\n"
        "  --opset N     repair: convert older models to operator set N, at most %d (as far as the repair\n"
        "                needs: %d for sums over edges)\n",
        TRKX_OPSET_NEWEST, TRKX_OPSET_REDUCTION);
}

enum { OUT, JSON, OPSET, STRICT };

static const struct option options[] = {{"out", 1, NULL, OUT},          {"json", 1, NULL, JSON},
                                        {"opset", 1, NULL, OPSET},      {"strict", 0, NULL, STRICT},
                                        {"help", 0, NULL, OPTION_HELP}, {NULL, 0, NULL, 0}};

static bool apply_opset(struct model_settings *settings, const char *value)
{
    size_t opset = 0;
    if (!get_size("opset", value, TRKX_OPSET_OLDEST, TRKX_OPSET_NEWEST, &opset)) return false;
    settings->opset = (int64_t)opset;
    return true;
}

static bool apply(void *target, int option, const char *value)
{
    struct model_settings *settings = target;
    switch (option) {
    case OUT: settings->out = value; return true;
    case JSON: settings->json = value; return true;
    case OPSET: return apply_opset(settings, value);
    default: settings->strict = true; return true;
    }
}

/* ---- the actions, model by model -------------------------------------------------------------------- */

enum action { INFO, CHECK, REPAIR };

static int act_on(enum action action, const char *path, const struct trkx_contract *contract,
                  const struct model_settings *settings, json_t *models)
{
    struct trkx_onnx file;
    trkx_error error;
    int code = EXIT_FAILED;
    json_t *json = checked(json_object());
    json_object_set_new(json, "file", text_json(path));
    json_array_append_new(models, json);
    if (trkx_onnx_read(path, &file, &error) != TRKX_OK) {
        json_object_set_new(json, "error", text_json(error.message));
        return failed(&error);
    }
    switch (action) {
    case INFO: code = model_info(&file, contract, json); break;
    case CHECK: code = model_check(&file, contract, settings, json); break;
    case REPAIR: code = model_repair(&file, settings, json); break;
    }
    trkx_onnx_release(&file);
    return code;
}

/* All models, even if one fails; returns the worst exit code. */
static int act_on_path(enum action action, const char *path, const struct model_settings *settings,
                       json_t *models)
{
    struct trkx_networks networks;
    trkx_error error;
    int worst = EXIT_OK;
    if (trkx_networks_find(path, &networks, &error) != TRKX_OK) return failed(&error);
    for (size_t i = 0; i < networks.count; i++) {
        const struct trkx_contract *contract = networks.in_bundle ? &networks.contracts[i] : NULL;
        int code = act_on(action, networks.paths[i], contract, settings, models);
        if (code > worst) worst = code;
    }
    trkx_networks_release(&networks);
    return worst;
}

static int act(enum action action, char *const *paths, int count, const struct model_settings *settings)
{
    json_t *models = checked(json_array());
    int worst = EXIT_OK;
    for (int i = 0; i < count; i++) {
        int code = act_on_path(action, paths[i], settings, models);
        if (code > worst) worst = code;
    }
    if (settings->json == NULL)
        json_decref(models);
    else if (!write_json(settings->json, json_pack("{s:o}", "models", models)))
        worst = EXIT_FAILED;
    return worst;
}

static const char *const action_names[] = {[INFO] = "info", [CHECK] = "check", [REPAIR] = "repair", "import"};
enum { ACTION_NAMES = sizeof action_names / sizeof *action_names };

static bool find_action(const char *name, enum action *action)
{
    for (int i = 0; i <= REPAIR; i++)
        if (strcmp(name, action_names[i]) == 0) {
            *action = (enum action)i;
            return true;
        }
    return false;
}

static int check_usage(enum action action, char *const *paths, int count,
                       const struct model_settings *settings)
{
    if (action != REPAIR && (settings->out != NULL || settings->opset != 0))
        return misused("model: --out and --opset are for repair");
    if (action != REPAIR)
        return count > 0 ? EXIT_OK : misused("model %s: no FILE given", action_names[action]);
    if (count != 1 || settings->out == NULL) return misused("model repair: takes one FILE, and --out FILE");
    struct trkx_networks networks;
    trkx_error error;
    bool bundle = trkx_networks_find(paths[0], &networks, &error) == TRKX_OK && networks.in_bundle;
    trkx_networks_release(&networks);
    return bundle ? misused("model repair: FILE is one model, not a bundle") : EXIT_OK;
}

int command_model(int count, char **arguments)
{
    static const struct command command = {"model", options, apply, help};
    struct model_settings settings = {0};
    enum action action = INFO;
    if (count > 1 && strcmp(arguments[1], "import") == 0)
        return command_model_import(count - 1, arguments + 1);
    int code = read_options(&command, count, arguments, &settings);
    if (code >= 0) return code;
    if (optind >= count) return misused("model: info, check, repair or import is needed");
    if (!find_action(arguments[optind], &action))
        return strcmp(arguments[optind], "import") == 0
                   ? misused("model: import has to come before all options")
                   : misnamed("model", "info, check, repair or import is needed, not", "", arguments[optind],
                              action_names, ACTION_NAMES);
    char *const *paths = arguments + optind + 1;
    int paths_count = count - optind - 1;
    code = check_usage(action, paths, paths_count, &settings);
    return code != EXIT_OK ? code : act(action, paths, paths_count, &settings);
}
