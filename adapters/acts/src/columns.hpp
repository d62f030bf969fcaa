/* Turns the columns that ACTS passes into the features of a network, positions and volumes. */
#pragma once

#include "trkx_acts.hpp"

namespace trkx_acts
{

/* What the columns are: those that are given, or else those of the bundle's embedding. */
class Columns
{
  public:
    /* Throws std::invalid_argument where names and scales do not fit together, or there are none and no
     * bundle either. */
    Columns(const std::shared_ptr<const Bundle> &bundle, const FeatureColumns &columns);

    std::size_t count() const
    {
        return m_columns.size();
    }
    /* The column of this name, or count(). */
    std::size_t find(const std::string &name) const;
    bool has(const std::vector<std::string> &names) const;
    /* By what the column has been divided. */
    double scale(std::size_t column) const
    {
        return m_columns[column].scale;
    }
    std::string listed() const;
    /* Throws std::invalid_argument where the nodes' features have another number of columns. */
    void requireCount(std::size_t columns) const;

    /* values [n,count]: [n] of the column of this name, as before it was divided. */
    std::vector<double> column(const std::string &name, const float *values, std::size_t n) const;

    /* Throw std::invalid_argument where the columns do not tell that. */
    void requireDistances() const;
    void requirePositions() const;

    /* [n,3] mm, at the distance from the origin that the nodes have: (x, y, z), or else (r, 0, z). */
    std::vector<float> distances(const float *values, std::size_t n) const;

    /* [n,3] mm: from x, y and z, or else from r, phi (or its cosine and sine) and z. */
    std::vector<float> positions(const float *values, std::size_t n) const;

  private:
    struct Column {
        std::string name;
        double scale;
    };
    std::vector<Column> m_columns;
};

/* What a network takes of the columns. */
class Selection
{
  public:
    /* Throws std::invalid_argument where a feature of the network is not among the columns. */
    Selection(const Bundle &bundle, trkx_network network, const Columns &columns);

    /* values [n,columns]: what the network takes of them; values themselves where that is the same. room:
     * what is computed is in there. */
    const float *select(const float *values, std::size_t n, std::vector<float> &room) const;

  private:
    struct Source {
        std::size_t column;
        double multiply, divide; /* by what it was divided, and by what it is to be */
    };
    std::size_t m_count;           /* of the columns */
    std::vector<Source> m_sources; /* of each feature of the network */
    bool m_same;                   /* they are the columns, as they are */
};

} // namespace trkx_acts
