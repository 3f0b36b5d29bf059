#include "daemon_client/block_files/record_scan.h"

#include <algorithm>
#include <cstring>

namespace amber::daemon_client {

using index::ByteView;

namespace {

constexpr std::size_t kMagicBytes = 4;
constexpr std::size_t kPrefixBytes = kMagicBytes + 4;  ///< magic and size
constexpr std::uint32_t kBlockBytesMin = 81;
/// Read at a time where records are far apart: enough for a prefix and any header but one that
/// holds a large parent chain's proof.
constexpr std::size_t kHeadBytes = 4096;
/// Read at a time where records are close together.
constexpr std::size_t kRunBytes = 64 << 10;
constexpr std::size_t kSearchBytes = 1 << 20;
/// Positions are written with 32 bits. Nodes begin a new file at 128 MiB.
constexpr std::uint64_t kFileBytesMax = 0xffff'ffff;

}  // namespace

FileResult<void> RecordScan::Run(const std::stop_token& stop) {
    const auto stamp = file_.GetStamp();
    if (!stamp) return stamp.error();
    file_size_ = std::min(stamp->size, kFileBytesMax);
    if (stamp->size > kFileBytesMax) Tell(kFileBytesMax, "what follows here is not looked at");

    const auto same = LastIsStillThere();
    if (!same) return same.error();
    if (!*same) state_ = {};

    bool moved = false;
    while (!stop.stop_requested()) {
        const auto verdict = Judge(state_.next);
        if (!verdict) return verdict.error();
        if (*verdict == Verdict::good) {
            found_(record_);
            state_.last = {record_.position.offset, record_.hash};
            state_.next = std::uint64_t{record_.position.offset} + record_.position.size;
            moved = true;
            continue;
        }
        const auto skipped = SkipDamage(moved);
        if (!skipped) return skipped.error();
        if (!*skipped) break;
    }
    return {};
}

/// Bytes from `offset` on: `size` of them, more, or what there is. Valid until the next call.
FileResult<ByteView> RecordScan::View(std::uint64_t offset, std::size_t size) {
    const std::uint64_t end = std::min(offset + size, file_size_);
    const std::uint64_t window_end = window_offset_ + window_.size();
    if (offset < window_offset_ || end > window_end) {
        const bool close = offset >= window_offset_ && offset < window_end + kRunBytes;
        window_.resize(std::max(size, close ? kRunBytes : kHeadBytes));
        window_offset_ = offset;
        const auto got = file_.Read(offset, window_);
        window_.resize(got ? *got : 0);
        if (!got) return got.error();
    }
    // A file that is shortened meanwhile has less than it seemed.
    const std::uint64_t skip = std::min<std::uint64_t>(offset - window_offset_, window_.size());
    return ByteView(window_).subspan(skip);
}

FileResult<bool> RecordScan::LastIsStillThere() {
    if (state_.next > file_size_) return false;
    if (!state_.last) return true;
    const auto bytes = View(state_.last->offset, kHeadBytes);
    if (!bytes) return bytes.error();
    const auto header_size = coin_.codec->HeaderSize(*bytes);
    return header_size && coin_.codec->HashHeader(bytes->first(*header_size)) == state_.last->hash;
}

RecordScan::Verdict RecordScan::Refuse(Verdict verdict, std::string why) {
    why_ = std::move(why);
    return verdict;
}

/// Whether a record stands at `offset`: then it is in record_, else in why_ why not.
FileResult<RecordScan::Verdict> RecordScan::Judge(std::uint64_t offset) {
    const auto bytes = View(offset, kHeadBytes);
    if (!bytes) return bytes.error();
    if (bytes->size() < kMagicBytes) return Refuse(Verdict::cut_off, "record cut off in its magic");
    if (!std::ranges::equal(bytes->first(4), coin_.magic)) {
        const std::string network = ForeignNetwork(*bytes);
        return Refuse(Verdict::bad, network.empty() ? "no block of " + std::string(coin_.network)
                                                    : "block of another network: " + network);
    }
    if (bytes->size() < kPrefixBytes) return Refuse(Verdict::cut_off, "record cut off in its size");
    std::uint32_t size;
    std::memcpy(&size, bytes->data() + kMagicBytes, sizeof size);
    if (size < kBlockBytesMin)
        return Refuse(Verdict::bad, "record of " + std::to_string(size) + " bytes is no block");
    if (size > coin_.codec->BlockBytesMax())
        return Refuse(Verdict::bad, "record of " + std::to_string(size) +
                                        " bytes is no block: the largest has " +
                                        std::to_string(coin_.codec->BlockBytesMax()));
    const std::uint64_t begin = offset + kPrefixBytes;
    if (begin + size > file_size_)
        return Refuse(Verdict::cut_off, "record of " + std::to_string(size) +
                                            " bytes, of which the file has " +
                                            std::to_string(file_size_ - begin));
    const ByteView rest = bytes->subspan(kPrefixBytes);
    const auto header_size = coin_.codec->HeaderSize(rest);
    if (!header_size || *header_size >= size)
        return Refuse(Verdict::bad, "record without a whole header");
    const ByteView header = rest.first(*header_size);
    if (!coin_.codec->HasProofOfWork(header))
        return Refuse(Verdict::bad, "header without proof of work");
    record_.hash = coin_.codec->HashHeader(header);
    record_.previous = coin_.codec->PreviousHash(header);
    record_.target_bits = coin_.codec->TargetBits(header);
    record_.position = {number_, static_cast<std::uint32_t>(begin), size};
    return Verdict::good;
}

/// After a bad record at `next`: moves `next` to the following good one, if there is any.
/// `moved`: the end was somewhere else at the last look.
FileResult<bool> RecordScan::SkipDamage(bool moved) {
    const std::uint64_t at = state_.next;
    const std::string why = why_;
    const auto bytes = View(at, kPrefixBytes);
    if (!bytes) return bytes.error();
    // A whole directory of another network's files shall not be searched through.
    const bool foreign = at == 0 && !ForeignNetwork(*bytes).empty();

    // While the end only moves on, what lies behind it has been searched before.
    const std::uint64_t from = moved ? std::max(at + 1, state_.searched) : at + 1;
    std::uint64_t doubtful = file_size_ - std::min<std::uint64_t>(file_size_, 3);
    std::optional<std::uint64_t> next;
    if (!foreign) {
        const auto searched = Search(from, doubtful);
        if (!searched) return searched.error();
        next = *searched;
    }
    state_.searched = next.value_or(doubtful);
    if (next) {
        Tell(at, why + "; " + std::to_string(*next - at) + " bytes skipped");
        state_.next = *next;
        return true;
    }
    const auto unused = IsUnused(at);
    if (!unused) return unused.error();
    if (!*unused) Tell(at, why);
    return false;
}

/// The first good record that begins at `from` or later. `doubtful`: the first place where there is
/// a magic but no good record (yet).
FileResult<std::optional<std::uint64_t>> RecordScan::Search(std::uint64_t from,
                                                            std::uint64_t& doubtful) {
    index::Bytes chunk(kSearchBytes);
    for (std::uint64_t offset = from; offset + kPrefixBytes <= file_size_;) {
        const auto got = file_.Read(offset, chunk);
        if (!got) return got.error();
        const ByteView bytes = ByteView(chunk).first(*got);
        for (auto at = bytes.begin();; ++at) {
            at = std::search(at, bytes.end(), std::begin(coin_.magic), std::end(coin_.magic));
            if (at == bytes.end()) break;
            const std::uint64_t place = offset + static_cast<std::uint64_t>(at - bytes.begin());
            const auto verdict = Judge(place);
            if (!verdict) return verdict.error();
            if (*verdict == Verdict::good) return place;
            doubtful = std::min(doubtful, place);
        }
        if (*got < chunk.size()) break;
        offset += *got - 3;  // a magic may lie across two chunks
    }
    return std::nullopt;
}

/// The end of the file, or zeros that the node has laid out.
FileResult<bool> RecordScan::IsUnused(std::uint64_t offset) const {
    std::uint8_t bytes[kPrefixBytes] = {};
    const auto got = file_.ReadMasked(offset, bytes);
    if (!got) return got.error();
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

std::string RecordScan::ForeignNetwork(ByteView magic) const {
    if (magic.size() < 4) return {};
    for (const index::Coin& coin : index::Coins()) {
        if (!std::ranges::equal(coin.magic, coin_.magic) &&
            std::ranges::equal(magic.first(4), coin.magic))
            return std::string(coin.network);
    }
    return {};
}

void RecordScan::Tell(std::uint64_t offset, std::string what) {
    if (state_.told == offset) return;
    state_.told = offset;
    problems_.push_back(file_.Error(offset, std::move(what)));
}

}  // namespace amber::daemon_client
