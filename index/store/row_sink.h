#pragma once
#include <string_view>

namespace amber::index::store {

/// Takes the rows of one table, keys in strictly ascending order. One thread.
class RowSink {
public:
    virtual ~RowSink() = default;
    virtual void Put(std::string_view key, std::string_view value) = 0;
    virtual void Delete(std::string_view key) = 0;
};

}  // namespace amber::index::store
