#include <catch2/catch.hpp>

#include "store/dataset_index.h"
#include "tests/shards/random_volume.h"
#include "tests/store/failing.h"

using namespace shard_test;

namespace {

DatasetIndex small_index() {
    DatasetIndex index;
    index.shards.push_back({5000, 4000, 20, sha256("a")});
    index.shards.push_back({6000, 4000, 70, sha256("b")});
    const auto image = index.intern({"image", VoxelType::i16, {100, 60, 30}, {25, 30, 30}, Filters::scale_offset});
    const auto label = index.intern({"label", VoxelType::u8, {10, 10}, {10, 10}, Filters::deflate_1});
    index.add_sample("a");
    index.add_place({1, image, 0, 3, no_number, 0});
    index.add_place({~std::uint64_t{0}, label, 1, 0, 5, no_number});
    index.add_sample("b.c");
    index.add_sample("b_c");
    index.add_place({3, label, 1, 69, 6, 1});
    return index;
}

std::string refused(const std::string& text) {
    return sentence_of(Exit::bad_input, [&] {
        IndexLines lines("index.jsonl");
        std::string_view rest = text;
        while (!rest.empty()) {
            const auto end = rest.find('\n');
            lines.take(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
        lines.finish();
    });
}

}  // namespace

TEST_CASE("an index is read as it was written, and begins with its shards") {
    TemporaryFolder folder;
    const auto file = folder.path / "index.jsonl";
    write_index(small_index(), file);
    const std::string text = content(file);
    CHECK(text.starts_with("{\"bytes\":5000,\"chunks\":20,\"index\":\"" + sha256("a").text() + "\",\"index_at\":4000,\"shard\":0}\n"));
    const DatasetIndex back = read_index(file);
    CHECK(back.samples() == 3);
    CHECK(back.forms == small_index().forms);
    CHECK(back.find("b.c") == 1);
    CHECK_FALSE(back.find("b"));
    const ArrayPlace* label = back.find("a", "label");
    REQUIRE(label);
    CHECK(label->digest == ~std::uint64_t{0});
    CHECK(label->row == 5);
    CHECK(label->header == no_number);
    CHECK(back.find("b_c", "label")->first == 69);
    CHECK(back.find("b_c", "label")->header == 1);
    CHECK(back.find("b_c", "image") == nullptr);
    write_index(back, folder.path / "again");
    CHECK(content(folder.path / "again") == text);
}

TEST_CASE("each hostile line of an index is refused with its number") {
    TemporaryFolder folder;
    write_index(small_index(), folder.path / "i");
    const std::string good = content(folder.path / "i");
    const auto with = [&](const std::string& part, const std::string& by) {
        std::string text = good;
        const auto at = text.find(part);
        REQUIRE(at != std::string::npos);
        return refused(text.replace(at, part.size(), by));
    };
    CHECK(with("\"shard\":0}", "\"shard\":1}").find("line 1") != std::string::npos);
    CHECK(with("\"bytes\":5000", "\"bytes\":-1").find("line 1") != std::string::npos);
    CHECK(with("\"chunks\":20", "\"chunks\":5").find("beyond its shard's end") != std::string::npos);
    CHECK(with("[25,30,30]", "[25,30]").find("line 3") != std::string::npos);
    CHECK(with("[25,30,30]", "[0,30,30]").find("line 3") != std::string::npos);
    CHECK(with("[25,30,30]", "[101,30,30]").find("larger than its array") != std::string::npos);
    CHECK(with("[100,60,30]", "[4611686018427387904,60,30]").find("too large") != std::string::npos);
    CHECK(with("\"i16\"", "\"f128\"").find("line 3") != std::string::npos);
    CHECK(with("\"i16\"", "\"f32\"").find("filters") != std::string::npos);
    CHECK(with("\"form\":0,\"header\"", "\"form\":2,\"header\"").find("line 5") != std::string::npos);
    CHECK(with("\"form\":0,\"header\"", "\"form\":1,\"header\"").find("another array") != std::string::npos);
    CHECK(with("\"id\":\"b.c\"", "\"id\":\"a\"").find("ascending") != std::string::npos);
    CHECK(with("\"digest\":\"ffff", "\"digest\":\"xfff").find("16 digits") != std::string::npos);
    CHECK(with("\"first\":69", "\"first\":70").find("line 7") != std::string::npos);
}

TEST_CASE("an index that was cut is refused") {
    TemporaryFolder folder;
    const auto file = folder.path / "i";
    write_index(small_index(), file);
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 3);
    CHECK(sentence_of(Exit::bad_input, [&] { read_index(file); }).find("cut short") != std::string::npos);
}
