#include "server/methods/served_view.h"

#include "index/query/query.h"
#include "server/protocol/json_writer.h"

namespace amber::server {

ServedViewPtr MakeServedView(index::ViewPtr view) {
    auto served = std::make_shared<ServedView>();
    index::Query query(view, index::store::Reach::disk);
    const auto header = query.GetHeader(view->tip.height);
    if (!header) throw index::store::StoreError("the header of the tip is missing");
    JsonWriter(served->tip_json)
        .Raw(R"({"hex":)")
        .Hex(*header)
        .Raw(R"(,"height":)")
        .Uint(view->tip.height.value)
        .Raw('}');
    served->view = std::move(view);
    return served;
}

ServedViewPtr MakeServedView(index::ViewPtr view, const ServedView& previous) {
    return std::make_shared<ServedView>(ServedView{std::move(view), previous.tip_json});
}

}  // namespace amber::server
