/* libFuzzer: whatever the bytes of an array's file, reading it gives an array whose elements can all be
 * read, or an error. The input's first byte chooses .npy or CSV and the type; the rest is the file. Start it
 * with tests/corpus/fuzz_array. */
#include "io/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) __builtin_trap();
}

static void check_array(const trkx_array *array)
{
    double sum = 0;
    require(array->rank == 1 || array->rank == 2);
    require(array->rank == 2 || array->columns == 1);
    for (size_t e = 0; e < array->rows * array->columns; e++) {
        if (array->type == TRKX_FLOAT32)
            sum += (double)((const float *)array->data)[e];
        else if (array->type == TRKX_INT32)
            sum += (double)((const int32_t *)array->data)[e];
        else
            sum += (double)((const int64_t *)array->data)[e];
    }
    require(sum - sum == 0); /* finite */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trkx_text text;
    trkx_array array;
    if (size < 2) return 0;
    if (trkx_text_copy("array", "array", data + 1, size - 1, &text, NULL) != TRKX_OK) return 0;
    if (trkx_array_parse(&text, data[0] % 2 == 0, (enum trkx_array_type)(data[0] / 2 % 3), &array, NULL) ==
        TRKX_OK)
        check_array(&array);
    else
        require(array.data == NULL);
    trkx_array_destroy(&array);
    trkx_text_release(&text);
    return 0;
}
