#include "index/store/bulk_load.h"

#include <rocksdb/sst_file_writer.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "index/store/state.h"

namespace amber::index::store {

namespace {
constexpr std::uint64_t kFileBytes = 64 << 20;
}

struct BulkLoad::Rows::State {
    Table table;
    BulkLoad::State* load;
    std::unique_ptr<rocksdb::SstFileWriter> writer;
    std::vector<std::string> files;

    rocksdb::SstFileWriter& Writer();
    void Finish();
};

struct BulkLoad::State {
    Store::State* store;
    std::array<Rows::State, kTableCount> rows;
    std::atomic<unsigned> next_file = 0;
};

rocksdb::SstFileWriter& BulkLoad::Rows::State::Writer() {
    if (writer && writer->FileSize() >= kFileBytes) Finish();
    if (!writer) {
        rocksdb::Options options(rocksdb::DBOptions(), load->store->FamilyOptions(table));
        writer = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options,
                                                          load->store->Family(table));
        files.push_back(load->store->LoadFolder() / (std::to_string(load->next_file++) + ".sst"));
        Check(writer->Open(files.back()), "open a bulk file");
    }
    return *writer;
}

void BulkLoad::Rows::State::Finish() {
    if (!writer) return;
    Check(writer->Finish(), "finish a bulk file");
    writer.reset();
}

void BulkLoad::Rows::Put(std::string_view key, std::string_view value) {
    Check(state_->Writer().Put(ToSlice(key), ToSlice(value)), "write a bulk row");
}
void BulkLoad::Rows::Delete(std::string_view key) {
    Check(state_->Writer().Delete(ToSlice(key)), "write a bulk row");
}

BulkLoad::BulkLoad(Store& store) : state_(std::make_unique<State>()) {
    state_->store = store.state_.get();
    for (Table table : AllTables()) {
        auto& rows = state_->rows[static_cast<std::size_t>(table)];
        rows.table = table;
        rows.load = state_.get();
    }
    std::filesystem::create_directories(state_->store->LoadFolder());
}

BulkLoad::~BulkLoad() {
    std::error_code ignored;  // what is left is removed at the next open
    std::filesystem::remove_all(state_->store->LoadFolder(), ignored);
}

BulkLoad::Rows BulkLoad::Into(Table table) {
    return Rows(&state_->rows[static_cast<std::size_t>(table)]);
}

void BulkLoad::Commit() {
    std::vector<rocksdb::IngestExternalFileArg> loads;
    for (auto& rows : state_->rows) {
        rows.Finish();
        if (rows.files.empty()) continue;
        rocksdb::IngestExternalFileArg load;
        load.column_family = state_->store->Family(rows.table);
        load.external_files = rows.files;
        load.options.move_files = true;
        loads.push_back(std::move(load));
    }
    if (!loads.empty()) Check(state_->store->db->IngestExternalFiles(loads), "take in bulk files");
}

}  // namespace amber::index::store
