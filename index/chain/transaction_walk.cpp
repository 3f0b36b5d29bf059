#include "index/chain/transaction_walk.h"

namespace amber::index {

bool TransactionWalk::Marker() {
    const std::uint8_t flag = in_.Peek(1);
    if (flag != 1) {
        return Refuse("unknown transaction flag " + std::to_string(flag), in_.Offset() + 1);
    }
    in_.Take(2);
    return true;
}

bool TransactionWalk::Witness(std::size_t inputs) {
    bool any = false;
    const std::size_t start = in_.Offset();
    for (std::size_t i = 0; i < inputs; ++i) {
        std::size_t items;
        if (!Count("witness item", 1, items)) return false;
        any |= items > 0;
        for (; items > 0; --items) in_.Take(in_.CompactSize());
        if (!in_.Ok()) return Refuse("witness");
    }
    return any || Refuse("witness marker without any witness", start);
}

bool TransactionWalk::Count(const char* what, std::size_t bytes_each, std::size_t& count) {
    const std::size_t start = in_.Offset();
    const std::uint64_t number = in_.CompactSize();
    if (!in_.Ok()) return Refuse(what);
    if (number > in_.Left() / bytes_each) {
        return Refuse(std::string(what) + " count " + std::to_string(number) +
                          " does not fit in the " + std::to_string(in_.Left()) + " bytes left",
                      start);
    }
    count = number;
    return true;
}

bool TransactionWalk::Refuse(const char* cut_off_part) {
    std::string what = cut_off_part;
    what += in_.NotMinimal() ? ": size not written in its shortest form" : ": cut off";
    return Refuse(std::move(what), in_.Offset());
}

bool TransactionWalk::Refuse(std::string what, std::size_t offset) {
    error_ = {std::move(what), offset};
    return false;
}

bool TransactionWalk::RefuseValue(std::uint64_t value, std::size_t offset) {
    return Refuse("output value " + std::to_string(static_cast<Amount>(value)) + " is out of range",
                  offset);
}

}  // namespace amber::index
