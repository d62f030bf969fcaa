/* The place of a file that is being written: out of sight until it is whole, then there at once. */
#ifndef TRKX_IO_DESTINATION_H
#define TRKX_IO_DESTINATION_H

#include <limits.h>
#include <stdbool.h>

struct trkx_destination {
    int descriptor; /* what is written to; -1: none */
    bool direct;    /* a device, FIFO or descriptor of this process: written through, nothing replaced */
    char target[PATH_MAX];    /* the file, links followed */
    char temporary[PATH_MAX]; /* its name until then, beside it; empty: it has none */
};

/* Opens what `path` stands for. Links are followed, and stay. A regular file, which need not exist, keeps its
 * mode, and as far as may be its owner, when it is replaced. False: errno tells why. */
bool trkx_destination_open(const char *path, struct trkx_destination *to);
/* What has been written is on the disk after that, as far as the system can tell. 0 or an errno. */
int trkx_destination_finish(const struct trkx_destination *to);
/* Then: gives the file its name and closes it. 0 or an errno; it leaves no trace then. */
int trkx_destination_settle(struct trkx_destination *to);
/* Then: the name is on the disk as well. 0 or an errno. */
int trkx_destination_keep(const struct trkx_destination *to);
/* Leaves no trace of a file that is not settled. */
void trkx_destination_discard(struct trkx_destination *to);

#endif
