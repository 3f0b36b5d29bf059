#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace amber::server {

/// An argument of the command line as JSON: what is JSON already stays as it is, to the last digit;
/// all else becomes a string. Nothing if it is neither JSON nor UTF-8.
std::optional<std::string> ToJson(std::string_view argument);

/// One request, with its newline. Nothing if a word is not UTF-8.
std::optional<std::string> RequestLine(std::string_view method,
                                       const std::vector<std::string>& arguments);

/// What a line from the admin port means to us.
struct AdminAnswer {
    bool ok = false;
    std::string text;  ///< JSON of the result, made readable; or the message of the error
};
AdminAnswer ReadAnswer(std::string_view line);

}  // namespace amber::server
