/* trkx model check. */
#include "programs/model/check.h"

#include <stdio.h>

#include "onnx/check.h"
#include "programs/common.h"

static const char *severity_name(enum trkx_severity severity)
{
    switch (severity) {
    case TRKX_FAULT: return "error";
    case TRKX_WARNING: return "warning";
    case TRKX_NOTE: return "note";
    default: return "change";
    }
}

void print_findings(const char *path, const struct trkx_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct trkx_finding *finding = &findings->list[i];
        printf("%s: %s: %s%s%s%s%s\n", path, severity_name(finding->severity), finding->node,
               *finding->node != '\0' ? ": " : "", finding->text, *finding->advice != '\0' ? "; " : "",
               finding->advice);
    }
}

json_t *findings_json(const struct trkx_findings *findings)
{
    json_t *list = checked(json_array());
    for (size_t i = 0; i < findings->count; i++) {
        const struct trkx_finding *finding = &findings->list[i];
        json_array_append_new(
            list, checked(json_pack("{s:s, s:s, s:s, s:s, s:s}", "severity", severity_name(finding->severity),
                                    "kind", finding->kind, "node", finding->node, "text", finding->text,
                                    "advice", finding->advice)));
    }
    return list;
}

bool model_passes(const struct trkx_findings *findings, const struct model_settings *settings)
{
    size_t counted = trkx_findings_of(findings, TRKX_FAULT);
    if (settings->strict) counted += trkx_findings_of(findings, TRKX_WARNING);
    return counted == 0;
}

void print_summary(const char *path, const struct trkx_findings *findings)
{
    size_t faults = trkx_findings_of(findings, TRKX_FAULT),
           warnings = trkx_findings_of(findings, TRKX_WARNING);
    if (faults + warnings == 0)
        printf("%s: no errors or warnings\n", path);
    else
        printf("%s: %zu error%s, %zu warning%s\n", path, faults, faults == 1 ? "" : "s", warnings,
               warnings == 1 ? "" : "s");
}

int model_check(const struct trkx_onnx *file, const struct trkx_contract *contract,
                const struct model_settings *settings, json_t *json)
{
    struct trkx_findings findings = {0};
    trkx_error error;
    int code = EXIT_FAILED;
    if (trkx_onnx_check(file, contract, &findings, &error) != TRKX_OK) {
        failed(&error);
    } else {
        print_findings(file->path, &findings);
        print_summary(file->path, &findings);
        json_object_set_new(json, "findings", findings_json(&findings));
        code = model_passes(&findings, settings) ? EXIT_OK : EXIT_FAILED;
    }
    trkx_findings_release(&findings);
    return code;
}
