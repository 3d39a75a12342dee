// What an Error says, for tests on sentences.
#pragma once

#include <catch2/catch.hpp>

#include "core/error.h"

/// Runs `work`, which must throw an Error of this exit code; gives its text.
template <class Work>
std::string sentence_of(cohort::Exit code, Work&& work) {
    try {
        work();
    } catch (const cohort::Error& error) {
        CHECK(error.code() == code);
        return error.what();
    }
    FAIL("nothing was thrown");
    return "";
}

/// The Error that `work` throws, without what it was doing; Exit::done for none.
struct Refusal {
    cohort::Exit code = cohort::Exit::done;
    std::string sentence;
};
template <class Work>
Refusal refusal_of(Work&& work) {
    try {
        work();
    } catch (const cohort::Error& error) {
        return {error.code(), error.sentence()};
    }
    return {};
}
