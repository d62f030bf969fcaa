/* The version of the library. */
#include "trkx.h"

#define STRINGIFY(x) #x
#define VERSION(major, minor, patch) STRINGIFY(major) "." STRINGIFY(minor) "." STRINGIFY(patch)

const char *trkx_version(void)
{
    return VERSION(TRKX_VERSION_MAJOR, TRKX_VERSION_MINOR, TRKX_VERSION_PATCH);
}
