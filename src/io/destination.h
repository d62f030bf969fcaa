/* The place of a file that is being written: out of sight until it is whole, then there at once. */
#ifndef TRKX_SRC_PLACE_H
#define TRKX_SRC_PLACE_H

#include <limits.h>
#include <stdbool.h>

struct trkx_place {
    int descriptor; /* what is written to; -1: none */
    bool direct;    /* a device, FIFO or descriptor of this process: written through, nothing replaced */
    char target[PATH_MAX];    /* the file, links followed */
    char temporary[PATH_MAX]; /* its name until then, beside it; empty: it has none */
};

/* Opens what `path` stands for. Links are followed, and stay. A regular file, which need not exist, keeps its
 * mode, and as far as may be its owner, when it is replaced. False: errno tells why. */
bool trkx_place_open(const char *path, struct trkx_place *place);
/* What has been written is on the disk after that, as far as the system can tell. 0 or an errno. */
int trkx_place_finish(const struct trkx_place *place);
/* Then: gives the file its name and closes it. 0 or an errno; it leaves no trace then. */
int trkx_place_settle(struct trkx_place *place);
/* Then: the name is on the disk as well. 0 or an errno. */
int trkx_place_keep(const struct trkx_place *place);
/* Leaves no trace of a file that is not settled. */
void trkx_place_discard(struct trkx_place *place);

#endif
