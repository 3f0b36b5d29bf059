#include "daemon_client/node_files.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "index/chain/hex.h"

namespace amber::daemon_client {

namespace fs = std::filesystem;
namespace json = boost::json;
using index::BlockHash;
using index::Bytes;
using index::NodeResult;
using index::Txid;
using Place = index::WalletNode::Place;

namespace {

/// Reads wait for the disk more than they compute.
constexpr unsigned kReaders = 4;
constexpr std::size_t kWaitingMax = 4096;
/// Between two looks at the files, however many blocks come or are missed.
constexpr std::chrono::seconds kLookPause(1);
/// After the node could not be asked where its files are.
constexpr std::chrono::seconds kAskPause(5);

/// A request that is left to the node unless it is answered: also when it is dropped unread.
template <class Answer>
class Request {
public:
    using Done = std::function<void(std::optional<Answer>)>;

    Request(Done done, std::atomic<std::size_t>& waiting)
        : done_(std::move(done)), waiting_(waiting) {
        ++waiting_;
    }
    Request(const Request&) = delete;
    ~Request() { Reply(std::nullopt); }

    void Reply(std::optional<Answer> answer) {
        if (!done_) return;
        --waiting_;
        std::exchange(done_, nullptr)(std::move(answer));
    }

private:
    Done done_;
    std::atomic<std::size_t>& waiting_;
};

/// `logpath` of getrpcinfo: DATADIR/[NETWORK/]debug.log unless the operator moved it.
std::optional<fs::path> LogPath(const std::string& getrpcinfo) {
    json::error_code failed;
    const json::value value = json::parse(getrpcinfo, failed);
    if (failed || !value.is_object()) return std::nullopt;
    const json::value* path = value.get_object().if_contains("logpath");
    if (path == nullptr || !path->is_string()) return std::nullopt;
    return fs::path(std::string(path->get_string()));
}

}  // namespace

NodeFiles::NodeFiles(const index::Coin& coin, const NodeOptions& options, RpcClient& client)
    : coin_(coin),
      options_(options),
      client_(client),
      readers_(options.use_block_files ? kReaders : 0, "amber-read") {}

NodeFiles::~NodeFiles() { Stop(); }

void NodeFiles::Start() {
    if (!options_.use_block_files) return;
    looker_ = std::jthread([this](const std::stop_token& stop) {
        pthread_setname_np(pthread_self(), "amber-files");
        Run(stop);
    });
}

void NodeFiles::Stop() {
    if (looker_.joinable()) {
        looker_.request_stop();
        looker_.join();
    }
    {
        const std::lock_guard lock(mutex_);
        opened_ = nullptr;
    }
    readers_.Stop();
}

std::shared_ptr<NodeFiles::Opened> NodeFiles::InUse() const {
    const std::lock_guard lock(mutex_);
    return opened_;
}

void NodeFiles::Use(std::shared_ptr<Opened> opened) {
    const std::lock_guard lock(mutex_);
    opened_.swap(opened);
}

fs::path NodeFiles::Directory() const {
    const auto opened = InUse();
    return opened ? opened->files->Directory() : fs::path();
}

// The thread that finds the files and looks what they hold

void NodeFiles::OnTip() { LookAgainBy(Clock::now()); }

void NodeFiles::LookAgainBy(Clock::time_point time) {
    {
        const std::lock_guard lock(mutex_);
        look_at_ = std::min(look_at_, time);
    }
    changed_.notify_all();
}

void NodeFiles::Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            while (!stop.stop_requested() && Clock::now() < look_at_) {
                // Not wait_until(time_point::max()): it overflows.
                const auto until = std::min(look_at_, Clock::now() + std::chrono::hours(1));
                const auto planned = look_at_;
                changed_.wait_until(lock, stop, until, [&] { return look_at_ != planned; });
            }
            look_at_ = Clock::time_point::max();
        }
        if (stop.stop_requested()) return;
        Look(stop);
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, kLookPause, [] { return false; });
    }
}

void NodeFiles::Look(const std::stop_token& stop) {
    const auto in_use = InUse();
    auto opened = in_use;
    // Another daemon may have other files, one that was restarted may have moved them.
    if (!in_use || (options_.blocks_dir.empty() && client_.Current().epoch != asked_epoch_)) {
        if (auto fresh = Open()) opened = std::move(fresh);
        if (!opened) return;
    }
    // The first at once, for what is found so far; another not before it is as good as the last.
    if (!in_use) Use(opened);
    const auto report = opened->files->Refresh(stop);
    SayProblems(report.problems);
    if (stop.stop_requested()) return;
    Use(opened);
    const std::string directory = opened->files->Directory().string();
    if (directory == said_of_) return;
    Say("the node's files are read, in " + directory + " (" +
            std::to_string(opened->files->BlockCount()) + " blocks)",
        false);
    said_of_ = directory;
}

/// The files to use from now on; nothing if there are none, or they are in use already.
std::shared_ptr<NodeFiles::Opened> NodeFiles::Open() {
    fs::path directory = options_.blocks_dir;
    if (directory.empty()) {
        const std::uint64_t epoch = client_.Current().epoch;
        const auto said = WhereTheNodeSays();
        if (!said) {
            spdlog::debug("block files: {}", said.error().message);
            LookAgainBy(Clock::now() + kAskPause);
            return nullptr;
        }
        asked_epoch_ = epoch;
        directory = *said;
        if (directory == Directory()) return nullptr;
    }
    auto files = BlockFiles::Open(coin_, directory);
    if (!files) {
        said_of_.clear();
        Say("blocks and transactions come from the node, its files are not to be read: " +
                files.error().Text(),
            !options_.blocks_dir.empty());
        return nullptr;
    }
    return std::make_shared<Opened>(std::move(*files), coin_);
}

NodeResult<fs::path> NodeFiles::WhereTheNodeSays() {
    const auto info = client_.Wait({"getrpcinfo"}, {});
    if (!info) return info.error();
    const auto log = LogPath(*info);
    if (!log || !log->is_absolute()) return WrongType("getrpcinfo", *info);
    return log->parent_path() / "blocks";
}

void NodeFiles::Say(const std::string& state, bool trouble) {
    if (state == said_) return;
    said_ = state;
    spdlog::log(trouble ? spdlog::level::warn : spdlog::level::info, "{}", state);
}

void NodeFiles::SayProblems(const std::vector<FileError>& problems) {
    std::string unreadable;
    for (const FileError& problem : problems) {
        spdlog::debug("block files: {}", problem.Text());
        if (!problem.offset && unreadable.empty()) unreadable = problem.Text();
    }
    if (unreadable == said_unreadable_) return;
    said_unreadable_ = unreadable;
    if (!unreadable.empty())
        spdlog::warn(
            "{}; what it holds is asked of the node, which is slower. Let amberd's user read the "
            "node's block files",
            unreadable);
}

// The threads that read

template <class Answer>
void NodeFiles::Post(std::function<std::optional<Answer>(Opened&)> read,
                     std::function<void(std::optional<Answer>)> done) {
    auto opened = InUse();
    if (!opened || waiting_ >= kWaitingMax) return done(std::nullopt);
    auto request = std::make_shared<Request<Answer>>(std::move(done), waiting_);
    readers_.Post([opened = std::move(opened), read = std::move(read), request] {
        request->Reply(read(*opened));
    });
}

void NodeFiles::Get(const Txid& txid, const Place& place, Done done) {
    Post<std::string>([this, txid, place](Opened& opened) { return Read(opened, txid, place); },
                      std::move(done));
}

void NodeFiles::GetBlocks(std::vector<BlockHash> hashes, BlocksDone done) {
    Post<std::vector<Bytes>>(
        [this, hashes = std::move(hashes)](Opened& opened) { return ReadBlocks(opened, hashes); },
        std::move(done));
}

std::optional<std::vector<Bytes>> NodeFiles::ReadBlocks(const Opened& opened,
                                                        const std::vector<BlockHash>& hashes) {
    std::vector<Bytes> blocks;
    for (const BlockHash& hash : hashes) {
        const auto position = opened.files->Find(hash);
        if (position) {
            auto block = opened.files->Read(*position);
            if (block) {
                blocks.push_back(std::move(*block));
                continue;
            }
            spdlog::debug("block files: {}", block.error().Text());
        }
        LookAgainBy(Clock::now());
        return std::nullopt;
    }
    return blocks;
}

std::optional<std::string> NodeFiles::Read(Opened& opened, const Txid& txid, const Place& place) {
    const auto found = opened.finder.Find(place.block, place.position);
    if (!found) {
        spdlog::debug("block files: {}", found.error().Text());
    } else if (*found) {
        const auto tx = coin_.codec->ParseTransaction(**found);
        if (tx && tx->txid == txid) return index::ToHex(**found);
        spdlog::debug("block files: transaction {} is not where it should be", ToDisplayHex(txid));
    }
    LookAgainBy(Clock::now());
    return std::nullopt;
}

}  // namespace amber::daemon_client
