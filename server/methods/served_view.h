#pragma once
#include <memory>
#include <string>

#include "index/query/view.h"

namespace amber::server {

/// A view, with what every session needs of it made ready once. Immutable, thread-safe.
struct ServedView {
    index::ViewPtr view;
    std::string tip_json;  ///< {"hex":...,"height":...} of the tip
};
using ServedViewPtr = std::shared_ptr<const ServedView>;

/// Reads the header of the view's tip, from the disk if need be.
/// Throws store::StoreError.
ServedViewPtr MakeServedView(index::ViewPtr view);
/// For a view with the same tip as `previous`.
ServedViewPtr MakeServedView(index::ViewPtr view, const ServedView& previous);

}  // namespace amber::server
