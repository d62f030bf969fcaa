/* Allocates blocks within the budget, and keeps released ones for reuse. */
#include "gpu/pool.h"

#include <cstdint>
#include <utility>

#include "gpu/failure.h"
#include "gpu/runtime.h"

static const size_t unit = 256; /* bytes: the alignment that pipeline/cuda.h promises */

pool::~pool()
{
    trim();
    for (const auto &block : used) runtime::free(block.first);
}

/* A kept block that is at most a quarter too large, or nullptr. */
void *pool::reuse(size_t size)
{
    auto found = kept.lower_bound(size);
    if (found == kept.end() || found->first > size + size / 4) return nullptr;
    void *block = found->second;
    auto entry = used.emplace(block, found->first);
    held += entry.first->second;
    kept.erase(found);
    return block;
}

/* A new block, or nullptr: beyond the budget, or the device is full. */
void *pool::take(size_t size)
{
    if (size > budget - reserved) trim();
    if (size > budget - reserved) return nullptr;
    void *block = runtime::allocate(size);
    if (block == nullptr) {
        trim();
        block = runtime::allocate(size);
    }
    if (block == nullptr) return nullptr;
    try {
        used.emplace(block, size);
    } catch (...) {
        runtime::free(block);
        throw;
    }
    reserved += size;
    held += size;
    return block;
}

void *pool::allocate(size_t bytes, const char *what)
{
    size_t size = bytes == 0 ? unit : (bytes + unit - 1) / unit * unit;
    void *block = bytes > SIZE_MAX - unit ? nullptr : reuse(size);
    if (block == nullptr && bytes <= SIZE_MAX - unit) block = take(size);
    if (block == nullptr)
        fail(TRKX_ERROR_MEMORY,
             "out of device memory: %zu bytes are needed for %s, %zu of a budget of %zu are held%s", bytes,
             what, held, budget, size > budget - held ? "" : ", and the device has no more");
    peak = held > peak ? held : peak;
    return block;
}

void pool::release(void *block) noexcept
{
    auto found = used.find(block);
    if (found == used.end()) return;
    size_t size = found->second;
    used.erase(found);
    held -= size;
    try {
        kept.emplace(size, block);
    } catch (...) {
        reserved -= size;
        runtime::free(block);
    }
}

void pool::trim() noexcept
{
    for (const auto &block : kept) {
        runtime::free(block.second);
        reserved -= block.first;
    }
    kept.clear();
}

size_t pool::restart_peak()
{
    return std::exchange(peak, held);
}

size_t pool::available() const
{
    return budget - held;
}
