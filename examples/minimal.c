/* From arrays of hits to track labels. usage: minimal [BUNDLE]; without: the default bundle that suits the
 * hits */
#include <stdio.h>
#include <trkx.h>

int main(int count, char **arguments)
{
    /* four pixel hits of a simulated 3.3 GeV particle, each with its cells */
    const float xyz[] = {31.403f,  5.440f,  9.266f,  70.099f,  12.408f, 18.023f, /* [4,3] mm */
                         113.935f, 20.621f, 27.941f, 169.297f, 31.489f, 40.520f};
    const int32_t volume[] = {8, 8, 8, 8}, layer[] = {2, 4, 6, 8}, module[] = {121, 241, 392, 588};
    const size_t cell_begin[] = {0, 2, 5, 6, 9}; /* hit i has cells cell_begin[i]..cell_begin[i + 1] - 1 */
    const int32_t ch0[] = {50, 51, 80, 81, 81, 200, 31, 32, 32},
                  ch1[] = {400, 400, 77, 77, 78, 9, 1200, 1200, 1201};
    const float value[] = {0.16f, 0.15f, 0.1f, 0.16f, 0.1f, 0.3f, 0.15f, 0.1f, 0.1f};
    const trkx_hits hits = {.count = 4,
                            .xyz = xyz,
                            .volume_id = volume,
                            .layer_id = layer,
                            .module_id = module,
                            .cell_begin = cell_begin,
                            .cell_ch0 = ch0,
                            .cell_ch1 = ch1,
                            .cell_value = value};
    trkx_pipeline *pipeline = NULL;
    trkx_result *result = NULL;
    trkx_error error;
    if (trkx_pipeline_create(count > 1 ? arguments[1] : NULL, NULL, &pipeline, &error) != TRKX_OK ||
        trkx_pipeline_run(pipeline, &hits, NULL, &result, &error) != TRKX_OK)
        fprintf(stderr, "%s\n", error.message);
    else
        for (size_t i = 0; i < result->hits; i++) printf("hit %zu: track %d\n", i, result->labels[i]);
    int code = result == NULL;
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
    return code;
}
