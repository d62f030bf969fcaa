/* Finds the fields of many rows at once and reads their numbers, several digits at a time. */
#include "io/row_block.h"

#ifdef __SSE2__ /* on every x86-64 */

#include <emmintrin.h>
#include <string.h>

#include "io/number.h"

static __m128i load(const char *c)
{
    return _mm_loadu_si128((const void *)c);
}

static __m128i load_8(const char *c)
{
    return _mm_loadl_epi64((const void *)c);
}

static __m128i equal(__m128i bytes, char c)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

/* The sum of 16 bytes. */
static unsigned sum_bytes(__m128i bytes)
{
    __m128i halves = _mm_sad_epu8(bytes, _mm_setzero_si128());
    return (unsigned)_mm_cvtsi128_si32(halves) + (unsigned)_mm_extract_epi16(halves, 4);
}

/* ---- separators ------------------------------------------------------------------------------------- */

/* One bit for each of 64 characters; adds the line ends among them to 16 counts. */
static uint64_t find_separators(const char *c, __m128i *lines, unsigned *count)
{
    uint64_t found = 0;
    __m128i counts = _mm_setzero_si128();
    for (int i = 0; i < 4; i++) {
        __m128i bytes = load(c + 16 * i), line = equal(bytes, '\n');
        __m128i separator = _mm_or_si128(line, equal(bytes, ',')); /* each byte 0 or -1 */
        *lines = _mm_sub_epi8(*lines, line);
        counts = _mm_sub_epi8(counts, separator);
        found |= (uint64_t)(unsigned)_mm_movemask_epi8(separator) << 16 * i;
    }
    *count = sum_bytes(counts);
    return found;
}

/* The places of the bits, plus base. Writes up to 7 more: the end of a loop that stops at the last bit could
 * not be predicted. */
static void put_places(uint64_t bits, unsigned count, uint32_t base, uint32_t *places)
{
    for (uint32_t *end = places + count; places < end; places += 8) {
        for (unsigned i = 0; i < 8; i++) {
            places[i] = base + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63); /* never of 0 */
            bits &= bits - 1;
        }
    }
}

/* Checks that each row's last field, and no other, ends a line, so that every row has its fields. */
static bool is_regular(const struct trkx_block *block, size_t lines)
{
    char others = 0;
    for (size_t r = 1; r <= block->rows; r++)
        others |= (char)(block->begin[block->ends[r * block->fields]] ^ '\n');
    return lines == block->rows && others == 0;
}

void trkx_block_find(const char *begin, const char *end, size_t fields, struct trkx_block *block)
{
    enum { ROUNDS = 255 / 4 }; /* as many line ends as fit in the counts */
    const char *c = begin;
    size_t found = 0;
    __m128i lines = _mm_setzero_si128();
    block->ends[0] = UINT32_MAX;
    for (int i = 0; i < ROUNDS && found < TRKX_BLOCK_SEPARATORS && end - c >= 64; i++, c += 64) {
        unsigned count;
        uint64_t separators = find_separators(c, &lines, &count);
        put_places(separators, count, (uint32_t)(c - begin), block->ends + 1 + found);
        found += count;
    }
    block->begin = begin;
    block->fields = fields;
    block->rows = fields > 1 ? found / fields : 0; /* a single field may be an empty line */
    if (!is_regular(block, sum_bytes(lines))) block->rows = 0;
    block->end = block->rows == 0 ? end - c < 64 ? end : c : begin + block->ends[block->rows * fields] + 1;
}

/* ---- numbers ---------------------------------------------------------------------------------------- */

/* The values of the first and second 8 of 16 digits, in the lowest and the next 32 bits: digits are combined
 * in pairs, fours and eights. A pair is t + 256 u, and (t + 256 u) (2560 + 1) = 256 (10 t + u) + t in 16
 * bits. */
static uint64_t join_digits(__m128i digits)
{
    __m128i pairs = _mm_srli_epi16(_mm_mullo_epi16(digits, _mm_set1_epi16(10 << 8 | 1)), 8);
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
    __m128i narrow = _mm_packs_epi32(fours, fours);
    return (uint64_t)_mm_cvtsi128_si64(_mm_madd_epi16(narrow, _mm_set1_epi32(1 << 16 | 10000)));
}

/* All 16 bytes are at most 9. */
static bool are_digits(__m128i bytes)
{
    return sum_bytes(_mm_subs_epu8(bytes, _mm_set1_epi8(9))) == 0;
}

/* 16 bytes 0, then 16 bytes 0xff. */
#define FOUR(byte) byte byte byte byte
#define STEPS (FOUR(FOUR("\0")) FOUR(FOUR("\xff")))

/* Keeps the last `count` <= 16 bytes. */
static __m128i last_bytes(unsigned count)
{
    return load(STEPS + count);
}

static inline void put_integer(char *to, enum trkx_column_type type, uint32_t value)
{
    int64_t wide = value;
    if (type == TRKX_COLUMN_INT64)
        memcpy(to, &wide, sizeof wide);
    else
        memcpy(to, &value, sizeof value);
}

/* Reads an unsigned integer of at most 8 digits before each of two ends; *all: the maximum of each byte.
 * False: one is longer or empty. */
static inline bool read_two(const char *text, const uint32_t *first, const uint32_t *second, __m128i *all,
                            uint64_t *values)
{
    unsigned count = first[0] - first[-1] - 1, second_count = second[0] - second[-1] - 1;
    if (count - 1 > 7 || second_count - 1 > 7) return false;
    __m128i bytes = _mm_unpacklo_epi64(load_8(text + first[0] - 8), load_8(text + second[0] - 8));
    __m128i kept = _mm_unpacklo_epi64(load_8(STEPS + 8 + count), load_8(STEPS + 8 + second_count));
    __m128i digits = _mm_and_si128(_mm_sub_epi8(bytes, _mm_set1_epi8('0')), kept);
    *all = _mm_max_epu8(*all, digits);
    *values = join_digits(digits);
    return true;
}

static inline bool read_integers(const struct trkx_block *block, size_t field, char *to, size_t stride,
                                 enum trkx_column_type type)
{
    const char *text = block->begin;
    const uint32_t *ends = block->ends + 1 + field;
    const size_t pairs = block->rows / 2, fields = block->fields;
    __m128i all = _mm_setzero_si128();
    uint64_t values;
    for (size_t i = 0; i < pairs; i++, ends += 2 * fields, to += 2 * stride) {
        if (!read_two(text, ends, ends + fields, &all, &values)) return false;
        put_integer(to, type, (uint32_t)values);
        put_integer(to + stride, type, (uint32_t)(values >> 32));
    }
    if (block->rows % 2 != 0) {
        if (!read_two(text, ends, ends, &all, &values)) return false;
        put_integer(to, type, (uint32_t)values);
    }
    return are_digits(all);
}

static inline void put_real(char *to, enum trkx_column_type type, double value)
{
    float narrow = (float)value; /* below 10^16 */
    if (type == TRKX_COLUMN_FLOAT64)
        memcpy(to, &value, sizeof value);
    else
        memcpy(to, &narrow, sizeof narrow);
}

static double with_sign(double magnitude, bool negative)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    bits |= (uint64_t)negative << 63;
    memcpy(&magnitude, &bits, sizeof bits);
    return magnitude;
}

/* At most 16 digits and a point, below 2^53 as an integer, without exponent. The part before the point is
 * shifted by one character to close the gap. */
static inline bool read_reals(const struct trkx_block *block, size_t field, char *to, size_t stride,
                              enum trkx_column_type type)
{
    const char *text = block->begin;
    const uint32_t *ends = block->ends + 1 + field;
    const size_t rows = block->rows, fields = block->fields;
    __m128i all = _mm_setzero_si128();
    uint64_t mantissas = 0;
    for (size_t r = 0; r < rows; r++, ends += fields, to += stride) {
        const char *end = text + ends[0], *begin = text + (uint32_t)(ends[-1] + 1);
        bool negative = *begin == '-';
        unsigned count = (unsigned)(end - begin) - negative;
        if (count - 1 > 15) return false;
        __m128i bytes = load(end - 16);
        unsigned points = (unsigned)_mm_movemask_epi8(equal(bytes, '.')) & 0xffffu << (16 - count);
        unsigned fraction = points != 0 ? 15 - (unsigned)__builtin_ctz(points) : 0;
        count -= points != 0;
        if (count == 0) return false;
        __m128i behind = points != 0 ? last_bytes(fraction) : last_bytes(16);
        __m128i digits = _mm_or_si128(_mm_and_si128(behind, bytes), _mm_andnot_si128(behind, load(end - 17)));
        digits = _mm_and_si128(_mm_sub_epi8(digits, _mm_set1_epi8('0')), last_bytes(count));
        uint64_t halves = join_digits(digits);
        uint64_t mantissa = (halves & UINT32_MAX) * 100000000 + (halves >> 32);
        all = _mm_max_epu8(all, digits);
        mantissas |= mantissa;
        double value = (double)(int64_t)mantissa / trkx_powers[fraction]; /* one exact rounding */
        put_real(to, type, with_sign(value, negative));
    }
    return are_digits(all) && mantissas >> 53 == 0;
}

bool trkx_block_read(const struct trkx_block *block, size_t field, const struct trkx_column *column,
                     size_t row)
{
    size_t stride = column->stride;
    char *to = (char *)column->values + row * stride;
    switch (column->type) {
    case TRKX_COLUMN_INT32: return read_integers(block, field, to, stride, TRKX_COLUMN_INT32);
    case TRKX_COLUMN_INT64: return read_integers(block, field, to, stride, TRKX_COLUMN_INT64);
    case TRKX_COLUMN_FLOAT32: return read_reals(block, field, to, stride, TRKX_COLUMN_FLOAT32);
    case TRKX_COLUMN_FLOAT64: return read_reals(block, field, to, stride, TRKX_COLUMN_FLOAT64);
    }
    return false;
}

#else

void trkx_block_find(const char *begin, const char *end, size_t fields, struct trkx_block *block)
{
    *block = (struct trkx_block){.begin = begin, .end = end, .fields = fields};
}

bool trkx_block_read(const struct trkx_block *block, size_t field, const struct trkx_column *column,
                     size_t row)
{
    (void)block, (void)field, (void)column, (void)row;
    return false;
}

#endif
