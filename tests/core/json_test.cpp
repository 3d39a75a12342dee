#include "core/json.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/error.h"
#include "core/philox.h"

using namespace cohort;

TEST_CASE("numbers are written as ECMAScript writes them (RFC 8785, appendix B)") {
    const auto from_bits = [](std::uint64_t bits) {
        double value = 0;
        static_assert(sizeof value == sizeof bits);
        std::memcpy(&value, &bits, 8);
        return shortest(value);
    };
    CHECK(from_bits(0x0000000000000000) == "0");
    CHECK(from_bits(0x8000000000000000) == "0");
    CHECK(from_bits(0x0000000000000001) == "5e-324");
    CHECK(from_bits(0x8000000000000001) == "-5e-324");
    CHECK(from_bits(0x7fefffffffffffff) == "1.7976931348623157e+308");
    CHECK(from_bits(0x4340000000000000) == "9007199254740992");
    CHECK(from_bits(0x4430000000000000) == "295147905179352830000");
    CHECK(from_bits(0x44b52d02c7e14af5) == "9.999999999999997e+22");
    CHECK(from_bits(0x44b52d02c7e14af6) == "1e+23");
    CHECK(from_bits(0x44b52d02c7e14af7) == "1.0000000000000001e+23");
    CHECK(from_bits(0x444b1ae4d6e2ef4e) == "999999999999999700000");
    CHECK(from_bits(0x444b1ae4d6e2ef4f) == "999999999999999900000");
    CHECK(from_bits(0x444b1ae4d6e2ef50) == "1e+21");
    CHECK(from_bits(0x3eb0c6f7a0b5ed8c) == "9.999999999999997e-7");
    CHECK(from_bits(0x3eb0c6f7a0b5ed8d) == "0.000001");
    CHECK(from_bits(0x41b3de4355555553) == "333333333.3333332");
    CHECK(from_bits(0x41b3de4355555557) == "333333333.33333343");
    CHECK(from_bits(0xbecbf647612f3696) == "-0.0000033333333333333333");
    CHECK(from_bits(0x43143ff3c1cb0959) == "1424953923781206.2");
    CHECK_THROWS_AS(shortest(std::numeric_limits<double>::quiet_NaN()), Error);
}

TEST_CASE("every double survives writing and reading") {
    RandomStream random(1, "json", 0);
    for (int i = 0; i < 20000; ++i) {
        const std::uint64_t bits = random.next_u64();
        double value = 0;
        std::memcpy(&value, &bits, 8);
        if (!std::isfinite(value)) continue;
        CHECK(parse_json(shortest(value), "test").get<double>() == value);
    }
}

TEST_CASE("keys are sorted by UTF-16 code units, as RFC 8785's example has them") {
    const Json value = parse_json("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\","
                                  "\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji\",\"\\u0080\":\"Control\",\"\\u00f6\":\"O Umlaut\"}", "test");
    const std::string text = canonical_json(value);
    std::size_t last = 0;
    for (const char* name : {"Carriage", "One", "Control", "Umlaut", "Euro", "Emoji", "Hebrew"}) {
        const auto at = text.find(name);
        REQUIRE(at != std::string::npos);
        CHECK(at > last);
        last = at;
    }
}

TEST_CASE("canonical text read again and written again is the same text") {
    const std::string text = R"({"a":[1,2.5,-3,1e+30,true,null,"x\n\u0001\"\\/é"],"b":{"":0}})";
    CHECK(canonical_json(parse_json(text, "test")) == text);
    CHECK(parse_json(pretty_json(parse_json(text, "test")), "test") == parse_json(text, "test"));
}

TEST_CASE("text that is not strict JSON is refused with its name") {
    for (const char* bad : {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "nul", "1e999", "\"\xff\"", "[1] 2", "{'a':1}", "\"\x01\""}) {
        INFO(bad);
        try {
            parse_json(bad, "given.json");
            FAIL("was accepted");
        } catch (const Error& error) {
            CHECK(error.code() == Exit::bad_input);
            CHECK(std::string(error.what()).find("given.json") == 0);
        }
    }
    CHECK_THROWS_AS(parse_json(std::string(200, '['), "deep"), Error);
    CHECK_NOTHROW(parse_json(std::string(100, '[') + std::string(100, ']'), "deep enough"));
}

TEST_CASE("a missing or mistyped member is named together with the place") {
    const Json value = parse_json(R"({"n": 18446744073709551615, "t": 1})", "test");
    CHECK_THROWS_WITH(text_member(value, "t", "here"), Catch::Contains("here") && Catch::Contains("\"t\""));
    CHECK_THROWS_WITH(member(value, "absent", "here"), Catch::Contains("\"absent\""));
    CHECK_THROWS_AS(integer_member(value, "n", "here"), Error);
}
