/* For tests: what adapters/acts uses of ACTS' logger. See README.md of tests/packaging/acts_interface. */
#pragma once

#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#define ACTS_LOG(level, x)                 \
    do {                                   \
        if (logger().doPrint(level)) {     \
            std::ostringstream os;         \
            os << x;                       \
            logger().log(level, os.str()); \
        }                                  \
    } while (0)
#define ACTS_DEBUG(x) ACTS_LOG(Acts::Logging::DEBUG, x)
#define ACTS_INFO(x) ACTS_LOG(Acts::Logging::INFO, x)
#define ACTS_WARNING(x) ACTS_LOG(Acts::Logging::WARNING, x)

namespace Acts
{
namespace Logging
{
enum Level { VERBOSE = 0, DEBUG, INFO, WARNING, ERROR, FATAL, MAX };
}

class Logger
{
  public:
    Logger(const std::string &name, Logging::Level level, std::ostream *stream)
        : m_name(name), m_level(level), m_stream(stream)
    {
    }
    bool doPrint(const Logging::Level &level) const
    {
        return m_level <= level;
    }
    void log(const Logging::Level &, const std::string &text) const
    {
        *m_stream << m_name << ": " << text << "\n";
    }
    Logging::Level level() const
    {
        return m_level;
    }
    const std::string &name() const
    {
        return m_name;
    }

  private:
    std::string m_name;
    Logging::Level m_level;
    std::ostream *m_stream;
};

inline std::unique_ptr<const Logger> getDefaultLogger(const std::string &name, const Logging::Level &level,
                                                      std::ostream *stream = &std::cout)
{
    return std::make_unique<const Logger>(name, level, stream);
}
} // namespace Acts
