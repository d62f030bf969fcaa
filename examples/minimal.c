/* From arrays of hits to labels of tracks. usage: minimal BUNDLE */
#include <stdio.h>
#include <trkx.h>

int main(int count, char **arguments)
{
    const float xyz[] = {32, 1, 10, 72, 4, 22, 116, 9, 36, 172, 19, 53}; /* [4,3] mm */
    const trkx_hits hits = {.count = 4, .xyz = xyz};
    trkx_pipeline *pipeline = NULL;
    trkx_result *result = NULL;
    trkx_error error;
    if (trkx_pipeline_create(count > 1 ? arguments[1] : "models/default", NULL, &pipeline, &error) != TRKX_OK ||
        trkx_pipeline_run(pipeline, &hits, NULL, &result, &error) != TRKX_OK)
        fprintf(stderr, "%s\n", error.message);
    else
        for (size_t i = 0; i < result->hits; i++) printf("hit %zu: track %d\n", i, result->labels[i]);
    int code = result == NULL;
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
    return code;
}
