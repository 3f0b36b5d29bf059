// amber-cli: asks a running amberd on its admin port.
#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "server/cli/admin_client.h"
#include "server/cli/cli_options.h"
#include "server/cli/json_text.h"

namespace {

/// Of standard output; nothing if that is a file or a pipe.
std::optional<std::size_t> TerminalWidth() {
    winsize size{};
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return std::nullopt;
    return size.ws_col;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace amber;
    auto read = server::ReadCliOptions(argc, argv, environ);
    if (const auto* message = std::get_if<config::Message>(&read)) {
        (message->exit_code == 0 ? std::cout : std::cerr) << message->text;
        return message->exit_code;
    }
    const auto& options = std::get<server::CliOptions>(read);
    const auto line = server::RequestLine(options.method, options.arguments);
    if (!line) {
        std::cerr << "amber-cli: the method or an argument is not UTF-8\n";
        return 2;
    }
    try {
        const server::AdminAnswer answer =
            server::ReadAnswer(server::Ask(options.admin, *line), {options.json, TerminalWidth()});
        (answer.ok ? std::cout : std::cerr)
            << (answer.ok ? "" : "amber-cli: ") << answer.text << std::endl;
        return answer.ok && std::cout ? 0 : 1;
    } catch (const server::NoAnswer& trouble) {
        std::cerr << "amber-cli: " << trouble.what() << "\n";
        return 1;
    }
}
