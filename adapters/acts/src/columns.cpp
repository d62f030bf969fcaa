/* Fills a network's features, positions and volumes from ACTS' columns. */
#include "columns.hpp"

#include <algorithm>
#include <cmath>

#include "tensors.hpp"

namespace trkx_acts
{
namespace
{

void requireScales(const FeatureColumns &given)
{
    require(!given.names.empty() || given.scales.empty(), "scales are given for columns without names");
    require(given.scales.empty() || given.scales.size() == given.names.size(),
            std::to_string(given.names.size()) + " columns have " + std::to_string(given.scales.size()) +
                " scales");
}

} // namespace

/* ---- the columns -----------------------------------------------------------------------------------------
 */

Columns::Columns(const std::shared_ptr<const Bundle> &bundle, const FeatureColumns &given)
{
    requireScales(given);
    for (std::size_t i = 0; i < given.names.size(); i++) {
        trkx_feature known;
        const double scale = given.scales.empty() ? 1 : static_cast<double>(given.scales[i]);
        require(trkx_feature_find(given.names[i].c_str(), &known),
                given.names[i] + " is not a known feature");
        require(std::isfinite(scale) && scale != 0,
                "the scale of the column " + given.names[i] + " is not a usable divisor");
        m_columns.push_back({given.names[i], scale});
    }
    if (!m_columns.empty()) return;
    const trkx_bundle_info &info = required(bundle).info();
    for (std::size_t i = 0; i < info.features_count; i++)
        m_columns.push_back({trkx_feature_spec_name(&info.features[i]), info.features[i].scale});
}

std::size_t Columns::find(const std::string &name) const
{
    auto is = [&](const Column &column) { return column.name == name; };
    return static_cast<std::size_t>(std::ranges::find_if(m_columns, is) - m_columns.begin());
}

bool Columns::has(const std::vector<std::string> &names) const
{
    return std::ranges::all_of(names, [&](const std::string &name) { return find(name) < count(); });
}

std::string Columns::listed() const
{
    std::string list;
    for (const Column &column : m_columns) list += (list.empty() ? "" : ", ") + column.name;
    return list;
}

void Columns::requireCount(std::size_t columns) const
{
    require(columns == count(), "nodeFeatures have " + std::to_string(columns) + " columns instead of " +
                                    std::to_string(count()));
}

std::vector<double> Columns::column(const std::string &name, const float *values, std::size_t n) const
{
    std::vector<double> result(n);
    const std::size_t at = find(name);
    for (std::size_t i = 0; i < n; i++) result[i] = values[i * count() + at] * m_columns[at].scale;
    return result;
}

/* ---- positions -------------------------------------------------------------------------------------------
 */

namespace
{

const std::vector<std::string> cartesian = {"x", "y", "z"}, distance = {"r", "z"},
                               cylindrical = {"r", "phi", "z"}, directed = {"r", "cos_phi", "sin_phi", "z"};

std::vector<float> rows(const std::vector<double> &x, const std::vector<double> &y,
                        const std::vector<double> &z)
{
    std::vector<float> xyz;
    for (std::size_t i = 0; i < x.size(); i++)
        for (double value : {x[i], y[i], z[i]}) xyz.push_back(static_cast<float>(value));
    return xyz;
}

} // namespace

void Columns::requireDistances() const
{
    require(has(cartesian) || has(distance), "outward edges need the columns x, y and z, or r and z");
}

void Columns::requirePositions() const
{
    require(has(cartesian) || has(cylindrical) || has(directed),
            "the walkthrough resolves ties by position, which needs the columns x, y and z, or r, phi "
            "(or cos_phi and sin_phi) and z");
}

std::vector<float> Columns::distances(const float *values, std::size_t n) const
{
    if (has(cartesian)) return positions(values, n);
    return rows(column("r", values, n), std::vector<double>(n, 0), column("z", values, n));
}

std::vector<float> Columns::positions(const float *values, std::size_t n) const
{
    const auto z = column("z", values, n);
    if (has(cartesian)) return rows(column("x", values, n), column("y", values, n), z);
    const bool angle = has(cylindrical);
    const auto r = column("r", values, n);
    auto x = column(angle ? "phi" : "cos_phi", values, n), y = column(angle ? "phi" : "sin_phi", values, n);
    for (std::size_t i = 0; i < n; i++) {
        x[i] = r[i] * (angle ? std::cos(x[i]) : x[i]);
        y[i] = r[i] * (angle ? std::sin(y[i]) : y[i]);
    }
    return rows(x, y, z);
}

/* ---- what a network takes --------------------------------------------------------------------------------
 */

Selection::Selection(const Bundle &bundle, trkx_network network, const Columns &columns)
    : m_count(columns.count())
{
    const auto *wanted = trkx_pipeline_feature_specs(bundle.pipeline(), network);
    const std::size_t features = trkx_pipeline_features_count(bundle.pipeline(), network);
    m_same = m_count == features;
    for (std::size_t i = 0; i < features; i++) {
        const std::string name = trkx_feature_spec_name(&wanted[i]);
        const std::size_t column = columns.find(name);
        require(column < m_count, std::string(bundle.info().directory) + ": its networks need the feature " +
                                      name + ", which is not among the columns " + columns.listed());
        /* ACTS' scales are rounded to float */
        const double scale = columns.scale(column);
        const bool scaled = static_cast<float>(scale) == static_cast<float>(wanted[i].scale);
        m_sources.push_back({column, scaled ? 1 : scale, scaled ? 1 : wanted[i].scale});
        m_same = m_same && scaled && column == i;
    }
}

const float *Selection::select(const float *values, std::size_t n, std::vector<float> &room) const
{
    if (m_same) return values;
    room.resize(n * m_sources.size());
    float *out = room.data();
    for (std::size_t i = 0; i < n; i++)
        for (const Source &source : m_sources)
            *out++ =
                static_cast<float>(values[i * m_count + source.column] * source.multiply / source.divide);
    return room.data();
}

} // namespace trkx_acts
