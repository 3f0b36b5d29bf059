// Bounds, groups and bans.
#include "server/admin/admin_json.h"
#include "server/admin/admin_methods.h"

namespace amber::server {
namespace {

using std::chrono::seconds;

constexpr seconds kLongestBan{1'000'000'000};  ///< 30 years; more would be a slip

BanTime Now() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

RpcError NotASubnet(std::string_view text) {
    return {RpcFault::invalid_params,
            "not an address or network such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32: " +
                std::string(text)};
}

void WriteBan(Members& member, JsonWriter& out, const Ban& ban) {
    member("subnet").String(ban.subnet.Text());
    member("until");
    if (ban.until)
        out.Int(ban.until->time_since_epoch().count());
    else
        out.Raw("null");
}

void WriteLimit(JsonWriter& out, const AdminTarget::LimitValue& value) {
    if (const auto* number = std::get_if<std::uint64_t>(&value))
        out.Uint(*number);
    else
        out.Raw(QuotedList(std::get<std::vector<std::string>>(value)));
}

void WriteGroup(JsonWriter& out, const GroupReport& group) {
    Members member(out);
    member("group").String(group.name);
    member("cost").Double(group.cost);
    member("sessions").Uint(group.sessions);
    member("connections").Uint(group.connections);
    member("subscriptions").Uint(group.subscriptions);
    member("requests").Uint(group.requests);
    member("bytes_received").Uint(group.bytes_received);
    member("bytes_sent").Uint(group.bytes_sent);
    out.Raw('}');
}

}  // namespace

void AdminMethods::Limits(const Request& request, const Finish& finish) {
    if (!target_.limits || !target_.set_limit) return finish(NotAvailable());
    const std::vector<std::string> words = ReadList(request, "limit");
    if (words.size() == 1)
        return finish(RpcError{RpcFault::invalid_params,
                               "expected nothing, or the name of a limit and its new value"});
    if (!words.empty()) target_.set_limit(words[0], {words.begin() + 1, words.end()});
    std::string text;
    JsonWriter out(text);
    Members member(out);
    for (const auto& [name, value] : target_.limits()) WriteLimit(member(name), value);
    out.Raw('}');
    finish(std::move(text));
}

void AdminMethods::Groups(const Request&, const Finish& finish) {
    if (!target_.groups) return finish(NotAvailable());
    std::string text = "[";
    JsonWriter out(text);
    for (const GroupReport& group : target_.groups()) {
        if (text.size() > 1) out.Raw(',');
        WriteGroup(out, group);
    }
    out.Raw(']');
    finish(std::move(text));
}

void AdminMethods::Ban(const Request& request, const Finish& finish) {
    if (!target_.ban) return finish(NotAvailable());
    const std::vector<std::string> words = ReadList(request, "subnet");
    if (words.empty() || words.size() > 2)
        return finish(RpcError{RpcFault::invalid_params,
                               "expected an address or network, and for how many seconds"});
    const auto subnet = Subnet::Parse(words[0]);
    if (!subnet) return finish(NotASubnet(words[0]));
    server::Ban ban{*subnet, std::nullopt};
    if (words.size() == 2) {
        const auto time = ReadNumber<std::int64_t>(words[1]);
        if (!time || *time <= 0 || seconds(*time) > kLongestBan)
            return finish(
                RpcError{RpcFault::invalid_params, "not a number of seconds: " + words[1]});
        ban.until = Now() + seconds(*time);
    }
    const std::size_t closed = target_.ban(ban);
    std::string text;
    JsonWriter out(text);
    Members member(out);
    WriteBan(member, out, ban);
    member("sessions_closed").Uint(closed);
    out.Raw('}');
    finish(std::move(text));
}

void AdminMethods::Unban(const Request& request, const Finish& finish) {
    if (!target_.unban) return finish(NotAvailable());
    const std::vector<std::string> words = ReadList(request, "subnet");
    if (words.size() != 1)
        return finish(RpcError{RpcFault::invalid_params, "expected an address or network"});
    const auto subnet = Subnet::Parse(words[0]);
    if (!subnet) return finish(NotASubnet(words[0]));
    if (!target_.unban(*subnet))
        return finish(RpcError{RpcFault::bad_request, "is not banned: " + subnet->Text()});
    std::string text;
    JsonWriter(text).String("unbanned " + subnet->Text());
    finish(std::move(text));
}

void AdminMethods::ListBanned(const Request&, const Finish& finish) {
    if (!target_.bans) return finish(NotAvailable());
    std::string text = "[";
    JsonWriter out(text);
    for (const server::Ban& ban : target_.bans()) {
        if (text.size() > 1) out.Raw(',');
        Members member(out);
        WriteBan(member, out, ban);
        member("seconds_left");
        if (ban.until)
            out.Int((*ban.until - Now()).count());
        else
            out.Raw("null");
        out.Raw('}');
    }
    out.Raw(']');
    finish(std::move(text));
}

}  // namespace amber::server
