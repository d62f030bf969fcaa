/* From the columns that ACTS passes to what a network of the bundle takes, and to positions. */
#pragma once

#include "trkx_acts.hpp"

namespace trkx_acts
{

class Columns
{
  public:
    /* Throws std::invalid_argument where there is no bundle, columns do not fit together, or one is missing.
     */
    Columns(const std::shared_ptr<const Bundle> &bundle, trkx_network network, const FeatureColumns &columns);

    std::size_t count() const
    {
        return m_count;
    }

    /* values [n,count]: what the network takes of them; values themselves where that is the same. room: what
     * is computed is in there. */
    const float *select(const float *values, std::size_t n, std::vector<float> &room) const;

    /* Throws std::invalid_argument where positions cannot be computed. */
    void requirePositions() const;

    /* [n,3] mm, at the distance from the origin that the nodes have: (x, y, z), or else (r, 0, z). */
    std::vector<float> positions(const float *values, std::size_t n) const;

  private:
    struct Source {
        std::size_t column;
        double multiply, divide; /* by what it was divided, and by what it is to be */
    };
    std::size_t m_count = 0;
    std::vector<Source> m_sources; /* of each feature of the network */
    bool m_same = false;           /* they are the columns, as they are */
    std::vector<Source> m_positions;
};

} // namespace trkx_acts
