#include "server/peers/chain_view.h"

#include "index/query/query.h"

namespace amber::server {

std::optional<index::Bytes> ChainView::Header(std::uint32_t height) const {
    return index::Query(newest_(), index::store::Reach::disk).GetHeader({height});
}

}  // namespace amber::server
