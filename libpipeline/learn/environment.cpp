#include "learn/environment.h"

#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/error.h"

namespace cohort::learn {

namespace {

/// Only questions are asked: nothing will be computed, and loading LibTorch a second time would double the wait.
bool only_asks(char** argv) {
    for (char** word = argv + 1; *word; ++word)
        for (const char* question : {"--help", "-h", "--version", "--describe"})
            if (std::strcmp(*word, question) == 0) return true;
    return false;
}

}  // namespace

void settle_environment(char** argv) {
    if (only_asks(argv)) return;
    constexpr const char* wanted[][2] = {
        {"OMP_WAIT_POLICY", "passive"}, {"OMP_DYNAMIC", "false"}, {"OPENBLAS_NUM_THREADS", "1"}};
    bool settled = true;
    for (const auto& [name, value] : wanted) {
        const auto* now = std::getenv(name);
        if (now && std::strcmp(now, value) == 0) continue;
        setenv(name, value, 1);
        settled = false;
    }
    if (!settled) {
        execv("/proc/self/exe", argv);
        std::fprintf(stderr, "%s: cannot execute itself again: %s.\n", argv[0], errno_text(errno).c_str());
        std::_Exit(static_cast<int>(Exit::resources));
    }
    // A step allocates and frees the same hundreds of megabytes: from the heap, and kept there.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
    mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace cohort::learn
