#pragma once
#include "index/query/query.h"
#include "tests/index/naive_model.h"
#include "tests/index/open_index.h"

namespace amber::index {

/// History, unspent outputs, balance and status of every script; rows of h, u, history, spender,
/// txid, txnum and header neither missing nor too many. Everything is flushed. `check_every` n: of
/// scripts with few transactions, the answers for one in n only.
void ExpectModel(const NaiveModel& model, const OpenIndex& index, std::size_t check_every = 1);

/// Places and proofs of `samples` transactions, proofs of as many headers, all headers.
void ExpectProofs(std::span<const BlockPtr> chain, const OpenIndex& index, std::size_t samples);

/// Every answer about `script` from `query`, mempool included.
void ExpectScript(const NaiveModel& chain, const NaiveMempool& mempool, const HashX& script,
                  Query& query);

/// What became of an output, and where its transaction is.
void ExpectOutpoint(const NaiveModel& chain, const NaiveMempool& mempool, const OutPoint& point,
                    Query& query);

/// What a history request answers, in the model's terms.
std::vector<NaiveModel::Line> HistoryOf(Query& query, const HashX& script,
                                        const HistoryRange& range = {});

}  // namespace amber::index
