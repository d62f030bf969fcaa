#include "columns.hpp"

#include <algorithm>
#include <cmath>

#include "tensors.hpp"

namespace trkx_acts
{
namespace
{

struct Column {
    std::string name;
    double scale;
};

/* Those of the bundle's embedding, as it scales them. */
std::vector<Column> columnsOf(const trkx_bundle_info &info)
{
    std::vector<Column> columns;
    for (std::size_t i = 0; i < info.features_count; i++)
        columns.push_back({trkx_feature_name(info.features[i].feature), info.features[i].scale});
    return columns;
}

std::vector<Column> columnsOf(const FeatureColumns &given)
{
    std::vector<Column> columns;
    require(given.scales.empty() || given.scales.size() == given.names.size(),
            std::to_string(given.names.size()) + " columns have " + std::to_string(given.scales.size()) +
                " scales");
    for (std::size_t i = 0; i < given.names.size(); i++) {
        trkx_feature known;
        double scale = given.scales.empty() ? 1 : static_cast<double>(given.scales[i]);
        require(trkx_feature_find(given.names[i].c_str(), &known),
                given.names[i] + " is not a feature that trkx knows");
        require(std::isfinite(scale) && scale != 0,
                "the scale of the column " + given.names[i] + " is no divisor");
        columns.push_back({given.names[i], scale});
    }
    return columns;
}

/* The column of this name, or that beyond the last. */
std::size_t find(const std::vector<Column> &columns, const std::string &name)
{
    auto is = [&](const Column &column) { return column.name == name; };
    return static_cast<std::size_t>(std::ranges::find_if(columns, is) - columns.begin());
}

std::string listed(const std::vector<Column> &columns)
{
    std::string list;
    for (const Column &column : columns) list += (list.empty() ? "" : ", ") + column.name;
    return list;
}

} // namespace

Columns::Columns(const std::shared_ptr<const Bundle> &bundle, trkx_network network,
                 const FeatureColumns &given)
{
    require(bundle != nullptr, "there is no bundle");
    require(!given.names.empty() || given.scales.empty(), "there are scales of columns without names");
    const auto columns = given.names.empty() ? columnsOf(bundle->info()) : columnsOf(given);
    const auto *wanted = trkx_pipeline_feature_specs(bundle->pipeline(), network);
    m_count = columns.size();
    m_same = m_count == trkx_pipeline_features_count(bundle->pipeline(), network);
    for (std::size_t i = 0; i < trkx_pipeline_features_count(bundle->pipeline(), network); i++) {
        const std::string name = trkx_feature_name(wanted[i].feature);
        const std::size_t column = find(columns, name);
        require(column < m_count, std::string(bundle->info().directory) + ": its networks need the feature " +
                                      name + ", which is not among the columns " + listed(columns));
        /* ACTS' scales are rounded to float */
        const double scale = columns[column].scale;
        const bool scaled = static_cast<float>(scale) == static_cast<float>(wanted[i].scale);
        m_sources.push_back({column, scaled ? 1 : scale, scaled ? 1 : wanted[i].scale});
        m_same = m_same && scaled && column == i;
    }
    const std::vector<std::string> cartesian = {"x", "y", "z"}, cylindrical = {"r", "z"};
    for (const auto &names : {cartesian, cylindrical}) {
        if (!m_positions.empty()) break;
        auto has = [&](const std::string &name) { return find(columns, name) < m_count; };
        if (!std::ranges::all_of(names, has)) continue;
        for (const auto &name : names)
            m_positions.push_back({find(columns, name), columns[find(columns, name)].scale, 1});
    }
}

const float *Columns::select(const float *values, std::size_t n, std::vector<float> &room) const
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

void Columns::requirePositions() const
{
    require(!m_positions.empty(),
            "edges run outwards, for which there have to be columns x, y and z, or r and z");
}

std::vector<float> Columns::positions(const float *values, std::size_t n) const
{
    std::vector<float> xyz(3 * n, 0);
    const std::size_t last = m_positions.size() - 1;
    for (std::size_t i = 0; i < n; i++)
        for (std::size_t p = 0; p <= last; p++)
            xyz[3 * i + (p == last ? 2 : p)] =
                static_cast<float>(values[i * m_count + m_positions[p].column] * m_positions[p].multiply);
    return xyz;
}

} // namespace trkx_acts
