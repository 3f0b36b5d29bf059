#include "index/store/bulk_load.h"

#include <rocksdb/sst_file_writer.h>

#include <array>
#include <deque>
#include <mutex>
#include <utility>

#include "index/store/state.h"

namespace amber::index::store {

namespace {
constexpr std::uint64_t kFileBytes = 64 << 20;
}

struct BulkLoad::State {
    /// The files of one range of keys.
    class Rows : public RowSink {
    public:
        void Put(std::string_view key, std::string_view value) override {
            Check(Writer().Put(ToSlice(key), ToSlice(value)), "write a bulk row");
        }
        void Delete(std::string_view key) override {
            Check(Writer().Delete(ToSlice(key)), "write a bulk row");
        }
        void Finish();

        Rows(Table of, std::string called, State& in)
            : table(of), name(std::move(called)), load(in) {}
        const Table table;
        const std::string name;
        State& load;
        std::vector<std::string> files;  ///< names

    private:
        rocksdb::SstFileWriter& Writer();
        std::unique_ptr<rocksdb::SstFileWriter> writer_;
    };

    State(Store::State* of, std::filesystem::path in, bool keep)
        : store(of), folder(std::move(in)), keep_files(keep) {
        std::filesystem::create_directories(folder);
    }
    Store::State* const store;
    const std::filesystem::path folder;
    const bool keep_files;
    std::mutex mutex;  ///< guards the next
    std::deque<Rows> rows;
    std::vector<LoadFile> adopted;
};

rocksdb::SstFileWriter& BulkLoad::State::Rows::Writer() {
    if (writer_ && writer_->FileSize() >= kFileBytes) Finish();
    if (!writer_) {
        CountNothing();
        const rocksdb::Options options(rocksdb::DBOptions(), load.store->FamilyOptions(table));
        constexpr bool kDropFromMemory = false;  // wallets will ask for it
        constexpr bool kNoFilters = true;        // the files are all of the last level
        writer_ = std::make_unique<rocksdb::SstFileWriter>(
            rocksdb::EnvOptions(), options, load.store->Family(table), kDropFromMemory,
            rocksdb::Env::IOPriority::IO_TOTAL, kNoFilters);
        files.push_back(name + "." + std::to_string(files.size()) + ".sst");
        Check(writer_->Open(load.folder / files.back()), "open a bulk file");
    }
    return *writer_;
}

void BulkLoad::State::Rows::Finish() {
    if (!writer_) return;
    Check(writer_->Finish(), "finish a bulk file");
    writer_.reset();
}

BulkLoad::BulkLoad(Store& store)
    : state_(std::make_unique<State>(store.state_.get(), store.state_->LoadFolder(), false)) {}

BulkLoad::BulkLoad(Store& store, std::filesystem::path folder)
    : state_(std::make_unique<State>(store.state_.get(), std::move(folder), true)) {}

BulkLoad::~BulkLoad() {
    if (state_->keep_files) return;
    std::error_code ignored;  // what is left is removed at the next open
    std::filesystem::remove_all(state_->folder, ignored);
}

RowSink& BulkLoad::Into(Table table) {
    const std::lock_guard lock(state_->mutex);
    return state_->rows.emplace_back(table, std::to_string(state_->rows.size()), *state_);
}

RowSink& BulkLoad::Into(Table table, std::string name) {
    const std::lock_guard lock(state_->mutex);
    return state_->rows.emplace_back(table, std::move(name), *state_);
}

std::vector<LoadFile> BulkLoad::Close(RowSink& sink) {
    auto& rows = static_cast<State::Rows&>(sink);
    rows.Finish();
    std::vector<LoadFile> files;
    for (const std::string& name : rows.files) files.push_back({rows.table, name});
    return files;
}

void BulkLoad::Adopt(const LoadFile& file) {
    const std::lock_guard lock(state_->mutex);
    state_->adopted.push_back(file);
}

void BulkLoad::Commit() {
    std::array<std::vector<std::string>, kTableCount> files;
    const auto add = [&](const LoadFile& file) {
        files[static_cast<std::size_t>(file.table)].push_back(state_->folder / file.name);
    };
    for (auto& rows : state_->rows)
        for (const LoadFile& file : Close(rows)) add(file);
    for (const LoadFile& file : state_->adopted) add(file);
    std::vector<rocksdb::IngestExternalFileArg> loads;
    for (const Table table : AllTables()) {
        if (files[static_cast<std::size_t>(table)].empty()) continue;
        rocksdb::IngestExternalFileArg load;
        load.column_family = state_->store->Family(table);
        load.external_files = files[static_cast<std::size_t>(table)];
        load.options.move_files = true;
        // Else a load that was killed here leaves files that no other can take in.
        load.options.write_global_seqno = false;
        loads.push_back(std::move(load));
    }
    if (!loads.empty()) Check(state_->store->db->IngestExternalFiles(loads), "take in bulk files");
}

}  // namespace amber::index::store
