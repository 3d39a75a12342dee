#include "learn/safetensors.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "core/error.h"
#include "core/files.h"
#include "tests/learn/made_cases.h"

using namespace cohort;
using namespace cohort::learn;

namespace {

TensorFile example() {
    TensorFile content;
    content.tensors["a"] = {{2, 3}, {1, 2, 3, 4, 5, 6}};
    content.tensors["b.weight"] = {{1}, {-0.0f}};
    content.tensors["empty"] = {{0}, {}};
    content.metadata["state"] = "{\"next\":3}";
    return content;
}

std::string bytes_with_header(const std::string& header, std::size_t data) {
    std::string file(8, '\0');
    const std::uint64_t length = header.size();
    std::memcpy(file.data(), &length, 8);
    return file + header + std::string(data, 'x');
}

}  // namespace

TEST_CASE("tensors and metadata read back equal, and equal content gives equal bytes") {
    const TestFolder folder;
    write_tensors(folder / "a", example());
    write_tensors(folder / "b", example());
    const auto back = read_tensors(folder / "a");
    CHECK(back.tensors == example().tensors);
    CHECK(back.metadata == example().metadata);
    CHECK(std::signbit(back.tensors.at("b.weight").values[0]));
    CHECK(read_text(folder / "a") == read_text(folder / "b"));
}

TEST_CASE("a checkpoint cut anywhere is refused as bad input, never a crash") {
    const TestFolder folder;
    write_tensors(folder / "whole", example());
    const auto whole = read_text(folder / "whole");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        write_file_atomically(folder / "cut", std::string_view(whole).substr(0, length));
        INFO("length " << length);
        try {
            read_tensors(folder / "cut");
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.code() == Exit::bad_input);
        }
    }
}

TEST_CASE("a checkpoint with a byte changed is refused or read, never a crash") {
    const TestFolder folder;
    write_tensors(folder / "whole", example());
    const auto whole = read_text(folder / "whole");
    std::mt19937 random(7);
    for (int i = 0; i < 2000; ++i) {
        auto bytes = whole;
        bytes[random() % bytes.size()] = static_cast<char>(random());
        write_file_atomically(folder / "changed", bytes);
        try {
            read_tensors(folder / "changed");
        } catch (const Error& error) {
            CHECK(error.code() == Exit::bad_input);
        }
    }
}

TEST_CASE("sizes that promise more than the file holds are refused before anything is allocated") {
    const TestFolder folder;
    const auto refused = [&](const std::string& bytes) {
        write_file_atomically(folder / "f", bytes);
        try {
            read_tensors(folder / "f");
        } catch (const Error& error) {
            return error.code() == Exit::bad_input;
        }
        return false;
    };
    CHECK(refused(
        bytes_with_header(R"({"a":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,8]}})", 8)));
    CHECK(refused(bytes_with_header(R"({"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}})", 8)));
    CHECK(refused(bytes_with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8)));
    CHECK(refused(bytes_with_header(R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", 8)));
    CHECK(refused(bytes_with_header(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}})", 8)));
    CHECK(refused(bytes_with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                                        "b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                                    8)));
    CHECK(refused(bytes_with_header("[]", 0)));
    CHECK(refused(bytes_with_header("{}", 9)));
    CHECK(refused(std::string(8, '\xff') + "{}"));
}
