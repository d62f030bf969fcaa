/* Threads: OpenMP, asked for by number. */
#ifndef TRKX_SRC_PARALLEL_H
#define TRKX_SRC_PARALLEL_H

/* requested where that is at least 1, else the processors that this process may use. */
int trkx_threads(int requested);

#endif
