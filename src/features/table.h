/* The table of features: a line for each of enum trkx_feature, with its name in bundles, what it needs
 * besides the position of the hit, and its formula; everything else is derived from it. A new feature needs a
 * line here and its name in the enum (include/trkx.h).
 *
 * EVERYWHERE(id, name, value): follows from the position, `at` (struct trkx_vector), on the CPU and on
 * devices. HOST(id, name, needs, value): computed on the CPU, from `of` (struct trkx_described,
 * src/features/features.c). Those that need cells are 0 for a hit without. */
#ifndef TRKX_FEATURES_TABLE_H
#define TRKX_FEATURES_TABLE_H

/* What a feature needs: columns of the hits, cells, the detector's modules, estimates from the event. */
enum {
    TRKX_NEEDS_VOLUME = 1,
    TRKX_NEEDS_LAYER = 2,
    TRKX_NEEDS_IDS = 7, /* volume, layer and module */
    TRKX_NEEDS_CELLS = 8,
    TRKX_NEEDS_DETECTOR = 16,
    TRKX_NEEDS_MODULE = 128 | TRKX_NEEDS_IDS | TRKX_NEEDS_DETECTOR, /* the hit's, in the detector */
    TRKX_NEEDS_CLUSTER = TRKX_NEEDS_MODULE | TRKX_NEEDS_CELLS,
    TRKX_NEEDS_BEAM = 32 | TRKX_NEEDS_DETECTOR,
    TRKX_NEEDS_DEPTH = 64 | TRKX_NEEDS_CLUSTER,
};

#define TRKX_FEATURE_TABLE(EVERYWHERE, HOST)                                                \
    EVERYWHERE(R, "r", trkx_radius(at))                                                     \
    EVERYWHERE(PHI, "phi", trkx_azimuth(at))                                                \
    EVERYWHERE(Z, "z", at->z)                                                               \
    EVERYWHERE(X, "x", at->x)                                                               \
    EVERYWHERE(Y, "y", at->y)                                                               \
    EVERYWHERE(COS_PHI, "cos_phi", at->x == 0 && at->y == 0 ? 1 : at->x / at->transverse)   \
    EVERYWHERE(SIN_PHI, "sin_phi", at->y / at->transverse)                                  \
    EVERYWHERE(ETA, "eta", trkx_pseudorapidity(at))                                         \
    EVERYWHERE(THETA, "theta", atan2(at->transverse, at->z))                                \
    EVERYWHERE(DIR_X, "dir_x", at->x / at->length)                                          \
    EVERYWHERE(DIR_Y, "dir_y", at->y / at->length)                                          \
    EVERYWHERE(DIR_Z, "dir_z", at->z / at->length)                                          \
    HOST(VOLUME, "volume", TRKX_NEEDS_VOLUME, of->hits->volume_id[of->hit])                 \
    HOST(LAYER, "layer", TRKX_NEEDS_LAYER, of->hits->layer_id[of->hit])                     \
    HOST(CELL_COUNT, "cell_count", TRKX_NEEDS_CELLS, of->cells)                             \
    HOST(CELL_VAL, "cell_val", TRKX_NEEDS_CELLS, of->charge)                                \
    HOST(LETA, "leta", TRKX_NEEDS_CLUSTER, trkx_pseudorapidity(&of->local))                 \
    HOST(LPHI, "lphi", TRKX_NEEDS_CLUSTER, trkx_azimuth(&of->local))                        \
    HOST(LX, "lx", TRKX_NEEDS_CLUSTER, of->local.x)                                         \
    HOST(LY, "ly", TRKX_NEEDS_CLUSTER, of->local.y)                                         \
    HOST(LZ, "lz", TRKX_NEEDS_CLUSTER, of->local.z)                                         \
    HOST(GETA, "geta", TRKX_NEEDS_CLUSTER, trkx_pseudorapidity(&of->global))                \
    HOST(GPHI, "gphi", TRKX_NEEDS_CLUSTER, trkx_azimuth(&of->global))                       \
    HOST(TILT, "tilt", TRKX_NEEDS_MODULE, tilt(of->module, &of->at))                        \
    HOST(NORMAL_Z, "normal_z", TRKX_NEEDS_MODULE, fabs(of->module->rotation[2][2]))         \
    HOST(BEAM_SIGMA_Z, "beam_sigma_z", TRKX_NEEDS_BEAM, of->beam_sigma_z)                   \
    HOST(SLOPE_U, "slope_u", TRKX_NEEDS_DEPTH, slope(of, of->local.x, of->module->pitch_u)) \
    HOST(SLOPE_V, "slope_v", TRKX_NEEDS_DEPTH, slope(of, of->local.y, of->module->pitch_v))

#endif
