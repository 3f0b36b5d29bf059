#include "config/command_line.h"

#include <CLI/CLI.hpp>

#include "config/option_list.h"
#include "config/suggest.h"

namespace amber::config {
namespace {

constexpr std::string_view kSeeHelp = " (`amberd --help` lists them all)";

/// What CLI11 does not know: a word we have no command for, or an option we do not have.
std::string Unknown(const std::string& word) {
    if (!word.starts_with("-")) {
        return "unknown command \"" + word + "\"" + DidYouMean(word, {"check", "import"}) +
               " (without a command, amberd serves)";
    }
    const std::string name = word.substr(0, word.find('='));
    if (name == "--digest") return "--digest belongs to a command: amberd check --digest";
    if (name == "--verify" || name == "--progress")
        return name + " belongs to a command: amberd import " + name + " FILE|DIR...";
    std::vector<std::string> flags = {"--help", "--version", "--digest"};
    for (const std::string_view known : OptionNames()) flags.push_back("--" + std::string(known));
    return "unknown option " + name + DidYouMean(name, {flags.begin(), flags.end()}) +
           std::string(kSeeHelp);
}

/// Of what CLI11 complains, one thing can happen with our declarations: an option without its
/// value.
std::string Rejected(const CLI::ParseError& error) {
    const std::string what = error.what();
    const std::string flag = what.substr(0, what.find(':'));
    const OptionSpec* spec = flag.starts_with("--") ? FindOption(flag.substr(2)) : nullptr;
    if (spec == nullptr) return what + std::string(kSeeHelp);
    return flag + " needs a value; write " + flag + " " + std::string(spec->value);
}

void Declare(CLI::App& app, const OptionSpec& spec) {
    const std::string flag = "--" + std::string(spec.name);
    if (IsSwitch(spec)) {
        app.add_flag(flag);
        return;
    }
    // Each --flag takes one word; how many of them are allowed is checked with the values.
    app.add_option(flag)
        ->expected(1, CLI::detail::expected_max_vector_size)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Layer Collect(const CLI::App& app) {
    Layer layer;
    for (const OptionSpec& spec : OptionList()) {
        const std::string flag = "--" + std::string(spec.name);
        const CLI::Option* option = app.get_option(flag);
        if (option->count() > 0) layer[spec.name] = {option->results(), flag};
    }
    return layer;
}

}  // namespace

Complaint ReadCommandLine(int argc, const char* const* argv, CommandLine& line) {
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    app.add_flag("-h,--help", line.help);
    app.add_flag("--version", line.version);
    for (const OptionSpec& spec : OptionList()) Declare(app, spec);
    CLI::App* check = app.add_subcommand("check");
    check->fallthrough();
    check->add_flag("--digest", line.digest);
    CLI::App* import = app.add_subcommand("import");
    import->fallthrough();
    import->add_option("PATH", line.import_paths);
    import->add_flag("--verify", line.verify);
    import->add_option("--progress", line.progress_seconds);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return Rejected(error);
    }
    if (const auto extras = app.remaining(true); !extras.empty()) return Unknown(extras.front());
    if (check->parsed()) line.command = Command::check;
    if (import->parsed()) {
        line.command = Command::import;
        if (line.import_paths.empty() && !line.help && !line.version)
            return "import: needs files of blocks; write amberd import FILE|DIR...";
    }
    line.layer = Collect(app);
    return std::nullopt;
}

}  // namespace amber::config
