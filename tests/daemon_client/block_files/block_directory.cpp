#include "tests/daemon_client/block_files/block_directory.h"

#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace amber::daemon_client {

namespace fs = std::filesystem;
using index::Bytes;
using index::ByteView;

BlockDirectory::BlockDirectory(std::optional<std::array<std::uint8_t, 8>> key) {
    std::string name = (fs::temp_directory_path() / "amber-blocks-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = fs::path(name) / "blocks";
    fs::create_directory(path_);
    if (!key) return;
    key_ = XorKey(*key);
    std::ofstream(path_ / "xor.dat", std::ios::binary)
        .write(reinterpret_cast<const char*>(key->data()), 8);
}

BlockDirectory::~BlockDirectory() {
    std::error_code ignored;
    fs::remove_all(path_.parent_path(), ignored);
}

std::uint64_t BlockDirectory::SizeOf(std::uint32_t file) const {
    std::error_code missing;
    const auto size = fs::file_size(PathOf(file), missing);
    return missing ? 0 : size;
}

fs::path BlockDirectory::PathOf(std::uint32_t file) const {
    char name[24];
    std::snprintf(name, sizeof name, "blk%05u.dat", file);
    return path_ / name;
}

std::uint64_t BlockDirectory::Append(std::uint32_t file, ByteView plain) {
    const std::uint64_t offset = SizeOf(file);
    if (offset == 0) std::ofstream(PathOf(file), std::ios::binary | std::ios::app);
    Overwrite(file, offset, plain);
    return offset;
}

std::uint64_t BlockDirectory::AppendRecord(std::uint32_t file, const Bytes& block) {
    const std::uint64_t offset = AppendRecordHead(file, static_cast<std::uint32_t>(block.size()));
    Append(file, block);
    return offset;
}

std::uint64_t BlockDirectory::AppendRecordHead(std::uint32_t file, std::uint32_t size) {
    return Append(file, RecordHead(size));
}

std::uint64_t BlockDirectory::AppendZeros(std::uint32_t file, std::size_t size) {
    Bytes zeros(size);
    const std::uint64_t offset = SizeOf(file);
    key_.Apply(zeros, offset);
    return Append(file, zeros);
}

void BlockDirectory::Overwrite(std::uint32_t file, std::uint64_t offset, ByteView plain) {
    Bytes masked(plain.begin(), plain.end());
    key_.Apply(masked, offset);
    std::fstream out(PathOf(file), std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(offset));
    out.write(reinterpret_cast<const char*>(masked.data()),
              static_cast<std::streamsize>(masked.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + PathOf(file).string());
}

void BlockDirectory::OverwriteRecord(std::uint32_t file, std::uint64_t offset, const Bytes& block) {
    Overwrite(file, offset, RecordHead(static_cast<std::uint32_t>(block.size())));
    Overwrite(file, offset + 8, block);
}

void BlockDirectory::Truncate(std::uint32_t file, std::uint64_t size) {
    fs::resize_file(PathOf(file), size);
}

Bytes RecordHead(std::uint32_t size, const index::Coin& coin) {
    Bytes head(std::begin(coin.magic), std::end(coin.magic));
    head.resize(8);
    std::memcpy(head.data() + 4, &size, sizeof size);
    return head;
}

index::BlockHash HashOf(const Bytes& block) {
    return Regtest().codec->HashHeader(ByteView(block).first(80));
}

Bytes MineBlock(const index::BlockHash& previous, std::uint32_t salt,
                const std::vector<index::RawTx>& txs) {
    constexpr std::uint32_t kTargetBits = 0x207fffff;
    Bytes block = WriteBlock(txs);
    std::memcpy(block.data() + 4, previous.bytes.data(), previous.bytes.size());
    std::memcpy(block.data() + 68, &salt, sizeof salt);
    std::memcpy(block.data() + 72, &kTargetBits, sizeof kTargetBits);
    for (std::uint32_t nonce = 0; !Regtest().codec->HasProofOfWork(ByteView(block).first(80));)
        std::memcpy(block.data() + 76, &++nonce, sizeof nonce);
    return block;
}

std::vector<Bytes> MineBranch(const index::BlockHash& on, std::size_t count, std::uint32_t salt) {
    std::vector<Bytes> branch;
    for (index::BlockHash previous = on; branch.size() < count; previous = HashOf(branch.back()))
        branch.push_back(MineBlock(previous, salt, {index::RandomTx(salt + branch.size())}));
    return branch;
}

}  // namespace amber::daemon_client
