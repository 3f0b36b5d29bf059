#pragma once
#include <functional>

#include "index/query/view.h"
#include "server/peers/peer_check.h"

namespace amber::server {

/// The chain of the newest view. Reads the disk if need be.
class ChainView final : public OurChain {
public:
    using Newest = std::function<index::ViewPtr()>;  ///< never null

    explicit ChainView(Newest newest) : newest_(std::move(newest)) {}

    [[nodiscard]] std::uint32_t Height() const override { return newest_()->tip.height.value; }
    [[nodiscard]] std::optional<index::Bytes> Header(std::uint32_t height) const override;

private:
    const Newest newest_;
};

}  // namespace amber::server
