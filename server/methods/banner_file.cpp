#include "server/methods/banner_file.h"

#include <spdlog/spdlog.h>

#include <fstream>
#include <stdexcept>

#include "server/file_look.h"
#include "server/protocol/utf8.h"

namespace amber::server {
BannerFile::BannerFile(std::filesystem::path path, std::string text) : path_(std::move(path)) {
    if (IsFile()) {
        read_look_ = seen_look_ = FileLook(path_);
        text = Read();
    }
    text_ = std::make_shared<const std::string>(std::move(text));
}

std::shared_ptr<const std::string> BannerFile::Text() const {
    const std::lock_guard lock(text_mutex_);
    return text_;
}

void BannerFile::Poll() {
    {
        const std::lock_guard lock(file_mutex_);
        std::string look = FileLook(path_);
        const bool changed = look != read_look_ && look == seen_look_;
        seen_look_ = std::move(look);
        if (!changed) return;
    }
    spdlog::info("{}", Reload());
}

std::string BannerFile::Reload() {
    const std::lock_guard lock(file_mutex_);
    read_look_ = FileLook(path_);  // also if it fails: it is not tried again before it changes
    try {
        auto fresh = std::make_shared<const std::string>(Read());
        std::string line = "banner " + path_.string() + ": " + std::to_string(fresh->size()) +
                           " bytes are served from now on";
        const std::lock_guard text_lock(text_mutex_);
        text_ = std::move(fresh);
        return line;
    } catch (const std::exception& error) {
        return std::string(error.what()) + "; the old text stays";
    }
}

std::string BannerFile::Read() const {
    std::ifstream file(path_, std::ios::binary);
    std::string text(kBytesMax + 1, '\0');
    if (!file) throw std::runtime_error("banner " + path_.string() + ": cannot be read");
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kBytesMax)
        throw std::runtime_error("banner " + path_.string() + ": is larger than " +
                                 std::to_string(kBytesMax) + " bytes");
    if (!IsUtf8(text)) throw std::runtime_error("banner " + path_.string() + ": is not UTF-8");
    return text;
}

}  // namespace amber::server
