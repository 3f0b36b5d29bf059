#include "server/cli/table_text.h"

#include <algorithm>
#include <vector>

namespace amber::server {
namespace {

constexpr std::string_view kCut = "…";
constexpr std::string_view kNothing = "-";
constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 6;  ///< a column is not cut further

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// In characters. Precondition: UTF-8.
std::size_t WidthOf(std::string_view text) {
    return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, IsContinuation));
}

std::string Shortened(std::string_view text, std::size_t width) {
    if (WidthOf(text) <= width) return std::string(text);
    std::size_t end = 0;
    for (std::size_t characters = 0; end < text.size(); ++end)
        if (!IsContinuation(text[end]) && ++characters == width) break;
    return std::string(text.substr(0, end)) + std::string(kCut);
}

/// C0, DEL and C1, of which the latter are two bytes: c2 80 to c2 9f.
std::string WithoutControls(std::string_view text) {
    std::string clean;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool c1 =
            c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (c >= ' ' && c != 0x7f && !c1) {
            clean += text[i];
            continue;
        }
        clean += '?';
        i += c1;
    }
    return clean;
}

class Printer {
public:
    Printer(const JsonDocument& document, std::optional<std::size_t> width)
        : document_(document), width_(width) {}

    std::string Take() {
        if (!out_.empty() && out_.back() == '\n') out_.pop_back();
        return std::move(out_);
    }

    void Print(const JsonValue& value, std::size_t indent) {
        if (IsList(value, JsonKind::object)) return PrintTable(value, indent);
        if (value.count > 0 && value.kind == JsonKind::object) return PrintMembers(value, indent);
        if (value.count > 0 && value.kind == JsonKind::array) return PrintItems(value, indent);
        Line(indent, IsContainer(value) ? "none" : CellOf(value));
    }

private:
    static bool IsContainer(const JsonValue& value) {
        return value.kind == JsonKind::array || value.kind == JsonKind::object;
    }

    template <class Each>
    void ForEach(const JsonValue& value, Each each) const {
        const JsonValue* at = value.count > 0 ? document_.First(value) : nullptr;
        for (std::uint32_t i = 0; i < value.count; ++i, at = document_.After(*at)) each(*at);
    }

    bool IsList(const JsonValue& value, JsonKind of) const {
        if (value.kind != JsonKind::array || value.count == 0) return false;
        bool all = true;
        ForEach(value, [&](const JsonValue& each) { all = all && each.kind == of; });
        return all;
    }

    static std::string CellOf(const JsonValue& value) {
        if (value.kind == JsonKind::string) return WithoutControls(value.text);
        if (value.kind == JsonKind::null) return std::string(kNothing);
        return WithoutControls(value.raw);
    }

    void Line(std::size_t indent, std::string_view text) {
        out_.append(indent, ' ');
        out_ += text;
        out_ += '\n';
    }

    void PrintMembers(const JsonValue& object, std::size_t indent) {
        std::size_t widest = 0;
        ForEach(object, [&](const JsonValue& member) {
            if (!IsContainer(member) || member.count == 0)
                widest = std::max(widest, WidthOf(WithoutControls(member.key)));
        });
        ForEach(object, [&](const JsonValue& member) {
            std::string key = WithoutControls(member.key);
            if (IsContainer(member) && member.count > 0) {
                Line(indent, key);
                return Print(member, indent + kGap);
            }
            key.append(widest + kGap - WidthOf(key), ' ');
            Line(indent, key + (IsContainer(member) ? "none" : CellOf(member)));
        });
    }

    void PrintItems(const JsonValue& array, std::size_t indent) {
        ForEach(array, [&](const JsonValue& item) { Line(indent, CellOf(item)); });
    }

    struct Column {
        std::string title;
        std::vector<std::string> cells;  ///< of each row, as far as rows are read
        bool numbers = true;             ///< aligned on the right
        std::size_t width = 0;
    };

    void PrintTable(const JsonValue& rows, std::size_t indent) {
        std::vector<Column> columns = ColumnsOf(rows);
        for (Column& column : columns) {
            column.width = WidthOf(column.title);
            for (const std::string& cell : column.cells)
                column.width = std::max(column.width, WidthOf(cell));
        }
        if (width_) Narrow(columns, *width_ - std::min(*width_, indent));
        PrintRow(columns, indent, [](const Column& column) { return column.title; });
        for (std::uint32_t row = 0; row < rows.count; ++row)
            PrintRow(columns, indent, [row](const Column& column) { return column.cells[row]; });
    }

    /// Of all keys that occur, in the order they do.
    std::vector<Column> ColumnsOf(const JsonValue& rows) const {
        std::vector<Column> columns;
        std::size_t row = 0;
        ForEach(rows, [&](const JsonValue& object) {
            ForEach(object, [&](const JsonValue& member) {
                const std::string title = WithoutControls(member.key);
                auto column = std::ranges::find(columns, title, &Column::title);
                if (column == columns.end()) {
                    columns.push_back({.title = title, .cells = {}});
                    column = columns.end() - 1;
                }
                column->cells.resize(row + 1);
                column->cells[row] = CellOf(member);
                column->numbers &= member.kind == JsonKind::number || member.kind == JsonKind::null;
            });
            ++row;
        });
        for (Column& column : columns) column.cells.resize(row);
        return columns;
    }

    static void Narrow(std::vector<Column>& columns, std::size_t width) {
        std::size_t total = kGap * (columns.size() - 1);
        for (const Column& column : columns) total += column.width;
        while (total > width) {
            auto widest = std::ranges::max_element(columns, {}, &Column::width);
            if (widest->width <= kNarrowest) return;
            --widest->width;
            --total;
        }
    }

    template <class TextOf>
    void PrintRow(const std::vector<Column>& columns, std::size_t indent, TextOf text_of) {
        std::string line;
        for (const Column& column : columns) {
            const std::string cell = Shortened(text_of(column), column.width);
            if (&column != &columns.front()) line.append(kGap, ' ');
            const std::string fill(column.width - WidthOf(cell), ' ');
            line += column.numbers ? fill + cell : cell + fill;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        Line(indent, line);
    }

    const JsonDocument& document_;
    const std::optional<std::size_t> width_;
    std::string out_;
};

}  // namespace

std::string TableText(const JsonDocument& document, const JsonValue& value,
                      std::optional<std::size_t> width) {
    Printer printer(document, width);
    printer.Print(value, 0);
    return printer.Take();
}

}  // namespace amber::server
