/* The edges' ends as a network takes them: their indices, in the order and the integers of its input, beside
 * the features of all hits; or the features of both ends side by side. */
#ifndef TRKX_SRC_ENDS_H
#define TRKX_SRC_ENDS_H

#include "pipeline/pipeline.h"

struct trkx_ends {
    const float *features; /* [n,width] */
    size_t n, width;
    bool pairs;      /* [b,2*width] float32, and nothing else */
    bool transposed; /* else: indices as [b,2] instead of [2,b] */
    bool narrow;     /* of int32 instead of int64 */
};

/* What a network of the pipeline takes, of those of the CPU or of a device. */
struct trkx_ends trkx_ends_of(const trkx_pipeline *pipeline, struct trkx_session *const *sessions,
                              enum trkx_network network, const float *features /* [n,F] */, size_t n);
/* Errors: ARGUMENT (more hits than the network's integers can count). */
enum trkx_status trkx_ends_check(const struct trkx_ends *ends, trkx_error *error);

/* True where it takes edges as they are, [2,m] int64: then their view fills the network's inputs. */
bool trkx_ends_as_they_are(const struct trkx_ends *ends);
void trkx_ends_view(const struct trkx_ends *ends, const trkx_edges *edges, struct trkx_tensor in[2]);

/* Bytes an edge. */
size_t trkx_ends_bytes(const struct trkx_ends *ends);
/* Puts `count` edges from `first` on into `to`, which has room for them and is aligned for int64, and fills
 * the network's inputs: views of `to` and of the features. */
void trkx_ends_put(const struct trkx_ends *ends, const trkx_edges *edges, size_t first, size_t count,
                   void *to, struct trkx_tensor in[2]);
/* The views alone, of what has been put there otherwise. */
void trkx_ends_view_put(const struct trkx_ends *ends, size_t count, void *to, struct trkx_tensor in[2]);

#endif
