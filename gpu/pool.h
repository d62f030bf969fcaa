/* Memory of one device with a hard budget. Released blocks are kept for reuse: all work is ordered by one
 * stream, so a block can be reused immediately. */
#ifndef TRKX_GPU_POOL_H
#define TRKX_GPU_POOL_H

#include <map>
#include <unordered_map>

#include "pipeline/cuda.h"

class pool
{
  public:
    explicit pool(size_t bytes) : budget(bytes), held(0), peak(0), reserved(0)
    {
    }
    pool(const pool &) = delete;
    pool &operator=(const pool &) = delete;
    ~pool(); /* also frees what is still held */

    void *allocate(size_t bytes, const char *what);
    void release(void *block) noexcept; /* nullptr: nothing */
    void trim() noexcept;

    size_t restart_peak();    /* to what is held now; returns the peak so far */
    size_t available() const; /* bytes that may still be held */

  private:
    friend struct pool_usage; /* for tests, which read the numbers */
    void *reuse(size_t size);
    void *take(size_t size);

    const size_t budget;
    size_t held, peak, reserved;
    std::unordered_map<void *, size_t> used;
    std::multimap<size_t, void *> kept;
};

#endif
