#include "index/store/bulk_load.h"

#include <rocksdb/sst_file_writer.h>

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <vector>

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

        Rows(Table of, State& in) : table(of), load(in) {}
        const Table table;
        State& load;
        std::vector<std::string> files;

    private:
        rocksdb::SstFileWriter& Writer();
        std::unique_ptr<rocksdb::SstFileWriter> writer_;
    };

    Store::State* store = nullptr;
    std::mutex mutex;  ///< guards the next
    std::deque<Rows> rows;
    std::atomic<unsigned> next_file = 0;
};

rocksdb::SstFileWriter& BulkLoad::State::Rows::Writer() {
    if (writer_ && writer_->FileSize() >= kFileBytes) Finish();
    if (!writer_) {
        const rocksdb::Options options(rocksdb::DBOptions(), load.store->FamilyOptions(table));
        writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options,
                                                           load.store->Family(table));
        files.push_back(load.store->LoadFolder() / (std::to_string(load.next_file++) + ".sst"));
        Check(writer_->Open(files.back()), "open a bulk file");
    }
    return *writer_;
}

void BulkLoad::State::Rows::Finish() {
    if (!writer_) return;
    Check(writer_->Finish(), "finish a bulk file");
    writer_.reset();
}

BulkLoad::BulkLoad(Store& store) : state_(std::make_unique<State>()) {
    state_->store = store.state_.get();
    std::filesystem::create_directories(state_->store->LoadFolder());
}

BulkLoad::~BulkLoad() {
    std::error_code ignored;  // what is left is removed at the next open
    std::filesystem::remove_all(state_->store->LoadFolder(), ignored);
}

RowSink& BulkLoad::Into(Table table) {
    const std::lock_guard lock(state_->mutex);
    return state_->rows.emplace_back(table, *state_);
}

void BulkLoad::Commit() {
    std::array<std::vector<std::string>, kTableCount> files;
    for (auto& rows : state_->rows) {
        rows.Finish();
        auto& of_table = files[static_cast<std::size_t>(rows.table)];
        of_table.insert(of_table.end(), rows.files.begin(), rows.files.end());
    }
    std::vector<rocksdb::IngestExternalFileArg> loads;
    for (const Table table : AllTables()) {
        if (files[static_cast<std::size_t>(table)].empty()) continue;
        rocksdb::IngestExternalFileArg load;
        load.column_family = state_->store->Family(table);
        load.external_files = files[static_cast<std::size_t>(table)];
        load.options.move_files = true;
        loads.push_back(std::move(load));
    }
    if (!loads.empty()) Check(state_->store->db->IngestExternalFiles(loads), "take in bulk files");
}

}  // namespace amber::index::store
