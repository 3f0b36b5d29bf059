#pragma once
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace amber::server {

/// The banner, from a file that is read again when it changes, so that an operator can tell wallets
/// something new without a restart. Thread-safe; Text() never waits for the disk.
class BannerFile {
public:
    static constexpr std::size_t kBytesMax = 100'000;

    /// `text` is what there is without a file (an empty path). Throws std::runtime_error if the
    /// file cannot be read, is too large, or not UTF-8.
    BannerFile(std::filesystem::path path, std::string text);

    [[nodiscard]] bool IsFile() const { return !path_.empty(); }
    [[nodiscard]] std::shared_ptr<const std::string> Text() const;
    /// To be called every second or so: reads the file once it has changed and looks the same in
    /// two calls, so that it is not read half written. A file of no use leaves the old text.
    void Poll();
    /// Reads it now. One line for the operator: what is served, or why it is still the old text.
    std::string Reload();

private:
    [[nodiscard]] std::string Read() const;

    const std::filesystem::path path_;
    mutable std::mutex text_mutex_;
    std::shared_ptr<const std::string> text_;  ///< guarded by text_mutex_
    std::mutex file_mutex_;                    ///< guards all below
    std::string read_look_;                    ///< how the file looked when it was read
    std::string seen_look_;                    ///< how it looked in the last Poll()
};

}  // namespace amber::server
