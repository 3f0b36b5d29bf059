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

/// How a result is to look.
struct ResultForm {
    bool json = false;                 ///< indented JSON; else for people, see table_text.h
    std::optional<std::size_t> width;  ///< of the terminal; nothing: nothing is cut
};

/// What a line from the admin port means to us.
struct AdminAnswer {
    bool ok = false;
    std::string text;  ///< the result in that form, or the message of the error
};
AdminAnswer ReadAnswer(std::string_view line, const ResultForm& form);

}  // namespace amber::server
