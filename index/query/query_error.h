#pragma once
#include <boost/system/result.hpp>
#include <stdexcept>

namespace amber::index {

/// Outcomes of a query that a caller must expect.
enum class QueryError {
    history_too_large,    ///< more entries than the caller's limit
    unknown_transaction,  ///< in neither the chain nor the mempool view
    not_in_block,         ///< the transaction exists, but not at that height
    no_such_height,       ///< above the tip
    no_such_position,     ///< the block has fewer transactions
};

[[noreturn]] inline void throw_exception_from_error(const QueryError&,
                                                    const boost::source_location&) {
    throw std::logic_error("value of a failed query taken");
}

template <class T>
using QueryResult = boost::system::result<T, QueryError>;

}  // namespace amber::index
