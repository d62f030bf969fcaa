/* The destination of a file being written: invisible until complete, then there at once. */
#ifndef TRKX_IO_DESTINATION_H
#define TRKX_IO_DESTINATION_H

#include <limits.h>
#include <stdbool.h>

struct trkx_destination {
    int descriptor; /* what is written to; -1: none */
    bool direct;    /* a device, FIFO or descriptor of this process: written through, nothing replaced */
    char target[PATH_MAX];    /* the file, links followed */
    char temporary[PATH_MAX]; /* its temporary name beside it; empty: none */
};

/* Opens the destination of `path`. Links are followed and kept. A regular file, which need not exist, keeps
 * its mode and, if permitted, its owner when replaced. False: see errno. */
bool trkx_destination_open(const char *path, struct trkx_destination *to);
/* Flushes written data to disk. 0 or an errno. */
int trkx_destination_finish(const struct trkx_destination *to);
/* Then gives the file its name and closes it. 0 or an errno; on failure no trace is left. */
int trkx_destination_settle(struct trkx_destination *to);
/* Then flushes the name to disk. 0 or an errno. */
int trkx_destination_keep(const struct trkx_destination *to);
/* Removes all traces of an unfinished file. */
void trkx_destination_discard(struct trkx_destination *to);

#endif
