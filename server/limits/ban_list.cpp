#include "server/limits/ban_list.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace amber::server {
namespace {

constexpr std::string_view kForGood = "-";

BanTime Now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

bool IsOver(const std::optional<BanTime>& until, BanTime now) { return until && *until <= now; }

std::optional<Ban> ReadBan(std::string_view line) {
    const std::size_t space = line.find(' ');
    if (space == line.npos) return std::nullopt;
    const auto subnet = Subnet::Parse(line.substr(0, space));
    const std::string_view end = line.substr(space + 1);
    if (!subnet) return std::nullopt;
    if (end == kForGood) return Ban{*subnet, std::nullopt};
    std::int64_t seconds = 0;
    const auto [stop, error] = std::from_chars(end.data(), end.data() + end.size(), seconds);
    if (error != std::errc() || stop != end.data() + end.size()) return std::nullopt;
    return Ban{*subnet, BanTime(std::chrono::seconds(seconds))};
}

std::runtime_error CannotWrite(const std::filesystem::path& file) {
    return std::runtime_error("cannot write " + file.string());
}

/// Without it, those who are banned would be let in, and the next ban would replace the file.
std::runtime_error CannotRead(const std::filesystem::path& file) {
    return std::runtime_error("cannot read the bans in " + file.string() + ": " +
                              std::strerror(errno) +
                              ". Let amberd's user read it, or delete it to have no bans");
}

}  // namespace

BanList::BanList(std::filesystem::path file) : file_(std::move(file)) {
    if (!file_.empty()) Read();
}

void BanList::Read() {
    errno = 0;
    std::ifstream in(file_);
    if (!in && errno == ENOENT) return;
    if (!in) throw CannotRead(file_);
    Bans bans;
    std::size_t bad = 0;
    std::string line;
    while (bans.size() < kMost && std::getline(in, line)) {
        const auto ban = ReadBan(line);
        if (!ban)
            ++bad;
        else if (!IsOver(ban->until, Now()))
            bans[ban->subnet] = ban->until;
    }
    if (in.bad()) throw CannotRead(file_);
    if (bad > 0) spdlog::warn("{} lines of {} are no bans; passed over", bad, file_.string());
    Replace(std::move(bans));
}

void BanList::Add(const Ban& ban) {
    const std::lock_guard lock(mutex_);
    Bans bans = bans_;
    std::erase_if(bans, [now = Now()](const auto& entry) { return IsOver(entry.second, now); });
    bans[ban.subnet] = ban.until;
    if (bans.size() > kMost)
        throw std::runtime_error("there are " + std::to_string(kMost) + " bans already");
    Write(bans);
    Replace(std::move(bans));
}

bool BanList::Remove(const Subnet& subnet) {
    const std::lock_guard lock(mutex_);
    Bans bans = bans_;
    if (bans.erase(subnet) == 0) return false;
    Write(bans);
    Replace(std::move(bans));
    return true;
}

void BanList::Replace(Bans bans) {
    bans_ = std::move(bans);
    lengths_.clear();
    for (const auto& [subnet, until] : bans_) lengths_.insert(subnet.Bits());
}

/// In a file beside it first, so that there is a whole one at any time.
void BanList::Write(const Bans& bans) const {
    if (file_.empty()) return;
    const std::filesystem::path fresh = file_.string() + ".new";
    std::ofstream out(fresh, std::ios::trunc);
    for (const auto& [subnet, until] : bans) {
        out << subnet.Text() << ' ';
        if (until)
            out << until->time_since_epoch().count() << '\n';
        else
            out << kForGood << '\n';
    }
    out.close();
    if (!out) throw CannotWrite(fresh);
    std::error_code error;
    std::filesystem::rename(fresh, file_, error);
    if (error) throw CannotWrite(file_);
}

std::vector<Ban> BanList::All() const {
    const std::lock_guard lock(mutex_);
    std::vector<Ban> all;
    for (const auto& [subnet, until] : bans_)
        if (!IsOver(until, Now())) all.push_back({subnet, until});
    return all;
}

bool BanList::Contains(const boost::asio::ip::address& address) const {
    const std::lock_guard lock(mutex_);
    for (const unsigned bits : lengths_) {
        const auto found = bans_.find(Subnet::Of(address, bits));
        if (found != bans_.end() && !IsOver(found->second, Now())) return true;
    }
    return false;
}

}  // namespace amber::server
