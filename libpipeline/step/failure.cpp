#include "step/failure.h"

#include <filesystem>
#include <new>

#include "core/checked_math.h"
#include "core/files.h"

namespace cohort::step {
namespace {

Ending bug(const std::string& what) {
    return {
        Exit::bug,
        "this is a fault of cohort itself (" + printable(what) + "); please report it with this command and the log.",
        {}};
}

Ending failed_file_access(const std::filesystem::filesystem_error& error) {
    const int number = error.code().value();
    const Exit code = exit_for_write(number);
    const bool known =
        code == Exit::resources || number == EACCES || number == EPERM || number == EROFS || number == EIO;
    if (!known) return bug(error.what());
    return {code,
            printable(error.path1().string()) + " cannot be written: " + errno_text(number) +
                "; choose another --out or make room there.",
            {}};
}

}  // namespace

Ending ending_of(std::exception_ptr failure, std::uint64_t memory) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return {error.code(), error.what(), {}};
    } catch (const std::bad_alloc&) {
        return {Exit::resources,
                "the memory that this machine grants does not suffice; lower --threads or --memory (now " +
                    human_bytes(memory) + "), or use a machine with more.",
                {}};
    } catch (const std::filesystem::filesystem_error& error) {
        return failed_file_access(error);
    } catch (const std::exception& error) {
        return bug(error.what());
    } catch (...) {
        return bug("an exception of unknown type");
    }
}

}  // namespace cohort::step
