#include "config/version.h"

namespace amber::config {

std::string_view Version() { return AMBER_VERSION; }

std::string VersionText(std::string_view program) {
    return std::string(program) + " " AMBER_VERSION "\n" AMBER_BUILT_WITH "\n";
}

}  // namespace amber::config
