#include "server/cli/table_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace amber::server {
namespace {

std::string Shown(std::string_view json, std::optional<std::size_t> width = {}) {
    JsonDocument document;
    EXPECT_EQ(document.Parse(json), JsonFault::none) << json;
    return TableText(document, document.Root(), width);
}

TEST(TableText, ListsOfObjectsAreTables) {
    EXPECT_EQ(Shown(R"([{"id":4,"peer":"1.2.3.4:5","client":"x"},{"id":12,"peer":"y","late":true},)"
                    R"({"id":null}])"),
              "id  peer       client  late\n"
              " 4  1.2.3.4:5  x\n"
              "12  y                  true\n"
              " -");
    EXPECT_EQ(Shown(R"([{"a":{"b":[1, 2]}}])"), "a\n{\"b\":[1, 2]}");
    EXPECT_EQ(Shown(R"([{"a":1,"a":2},{}])"), "a\n2\n");
}

TEST(TableText, ObjectsAreLines) {
    EXPECT_EQ(Shown(R"({"height":7,"eta_seconds":null,"name":"a b","sessions":[],)"
                    R"("requests":{"server.ping":2,"x":10},"unspent":[{"v":1}],"l":["p","q"]})"),
              "height       7\n"
              "eta_seconds  -\n"
              "name         a b\n"
              "sessions     none\n"
              "requests\n"
              "  server.ping  2\n"
              "  x            10\n"
              "unspent\n"
              "  v\n"
              "  1\n"
              "l\n"
              "  p\n"
              "  q");
}

TEST(TableText, TheRestIsPlain) {
    EXPECT_EQ(Shown(R"("stopping")"), "stopping");
    EXPECT_EQ(Shown("[]"), "none");
    EXPECT_EQ(Shown("{}"), "none");
    EXPECT_EQ(Shown("null"), "-");
    EXPECT_EQ(Shown("0.100"), "0.100");
    EXPECT_EQ(Shown(R"(["one","two",3,[4]])"), "one\ntwo\n3\n[4]");
}

TEST(TableText, ATerminalSeesNoControlCharacters) {
    EXPECT_EQ(Shown(R"("a\u001b[2Jb\u0007\u007fc\u009bd\u00e9")"), "a?[2Jb??c?d\u00e9");
    EXPECT_EQ(Shown(R"([{"client":"x\ny"}])"), "client\nx?y");
    EXPECT_EQ(Shown(R"({"a\u001bb":1})"), "a?b  1");
}

TEST(TableText, TheWidestColumnsAreCutToTheTerminal) {
    const char* const rows =
        R"([{"id":1,"client":"Electrum 4.5.8 of somebody","peer":"10.0.0.1:1"}])";
    EXPECT_EQ(Shown(rows, 80), Shown(rows));
    EXPECT_EQ(Shown(rows, 30),
              "id  client          peer\n"
              " 1  Electrum 4.5.…  10.0.0.1:1");
    EXPECT_EQ(Shown(R"([{"name":"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"}])", 7),
              "name\n\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9…");
    // No column becomes narrower than it can be read.
    EXPECT_EQ(Shown(R"([{"name":"12345678"}])", 1), "name\n12345…");
}

std::size_t WidthOf(std::string_view line) {
    return static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (c & 0xc0) != 0x80; }));
}

/// With columns of six at least, lines fit into any terminal that is wide enough for these.
TEST(TableText, LinesOfTablesFit) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 300; ++round) {
        const unsigned columns = 1 + random() % 6;
        std::string json = "[";
        for (unsigned row = 0; row < 5; ++row) {
            json += row ? ",{" : "{";
            for (unsigned i = 0; i < columns; ++i) {
                json += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"";
                for (unsigned n = random() % 30; n > 0; --n) json += random() % 4 ? "x" : "\u20ac";
                json += '"';
            }
            json += '}';
        }
        json += ']';
        const std::size_t width = 8 * columns + random() % 100;
        std::string text = Shown(json, width) + '\n';
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            EXPECT_LE(WidthOf(std::string_view(text).substr(0, end)), width) << json;
            text.erase(0, end + 1);
        }
    }
}

}  // namespace
}  // namespace amber::server
