/* TrackML's weights of hits, as weight_hits of trackml-library has them. */
#ifndef TRKX_METRICS_WEIGHTS_H
#define TRKX_METRICS_WEIGHTS_H

#include "trkx.h"

struct trkx_truth_index;

/* Of a particle, by its pT at the production vertex, GeV. */
double trkx_weight_by_pt(double pt);

/* The share of the particle's weight that its hit number `order` has, from 0 in the order of the distance in
 * z from the vertex. The shares of all `hits` hits have the sum 1; with fewer than 4 hits there are none. */
double trkx_weight_by_order(size_t order, size_t hits);

/* Fills weights [n], not normalised, of the hits of all particles (phase 1); noise has 0. Ties in z are in
 * the order of the rows. The index must have particles and true positions. Errors: MEMORY. */
enum trkx_status trkx_weigh_hits(const struct trkx_truth_index *index, double *weights, trkx_error *error);

#endif
