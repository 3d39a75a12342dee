#include "step/failure.h"

#include <cerrno>
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

/// `path` is `out`, lies in it, or in .OUT.partial or .OUT.old beside it.
bool belongs_to(const std::filesystem::path& path, const std::filesystem::path& out) {
    if (out.empty()) return false;
    const auto plain = [](const std::filesystem::path& p) {
        std::error_code unknown;
        const auto absolute = std::filesystem::absolute(p, unknown).lexically_normal();
        return absolute.has_filename() ? absolute : absolute.parent_path();
    };
    const auto place = plain(out);
    const auto below = plain(path).lexically_relative(place.parent_path());
    if (below.empty()) return false;
    const std::string first = below.begin()->string(), name = place.filename().string();
    return first == name || first.starts_with("." + name + ".");
}

Ending failed_file_access(const std::filesystem::filesystem_error& error, const std::filesystem::path& out) {
    const int number = error.code().value();
    const std::string what = printable(error.path1().string()), why = errno_text(number);
    if (exit_for_write(number) == Exit::resources)
        return {
            Exit::resources, what + " cannot be written: " + why + "; make room there or choose another --out.", {}};
    if (number == EROFS || belongs_to(error.path1(), out) || belongs_to(error.path2(), out))
        return {Exit::output, what + " cannot be written: " + why + "; choose another --out.", {}};
    return {Exit::bad_input, "'" + what + "' cannot be read: " + why + "; check the path and who may read it.", {}};
}

}  // namespace

Ending ending_of(std::exception_ptr failure, std::uint64_t memory, const std::filesystem::path& out) noexcept {
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
        return failed_file_access(error, out);
    } catch (const std::exception& error) {
        return bug(error.what());
    } catch (...) {
        return bug("an exception of unknown type");
    }
}

}  // namespace cohort::step
