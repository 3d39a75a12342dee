#include "core/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <set>

#include "core/checked_math.h"
#include "core/error.h"
#include "core/machine.h"

namespace cohort {

namespace fs = std::filesystem;

FileHandle::~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
}
FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

namespace {
/// The file is not to blame.
bool lacks_resources(int reason) { return reason == EMFILE || reason == ENFILE || reason == ENOMEM; }
}  // namespace

FileHandle open_for_reading(const fs::path& file) {
    // O_NONBLOCK: a named pipe in a folder of images must not hang the batch.
    FileHandle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!handle)
        throw Error(lacks_resources(errno) ? Exit::resources : Exit::bad_input,
                    printable(file.string()) + ": cannot be opened: " + errno_text(errno) + ".");
    struct stat status {};
    if (::fstat(handle.get(), &status) != 0 || !S_ISREG(status.st_mode))
        throw Error(Exit::bad_input, printable(file.string()) + ": is no regular file.");
    return handle;
}

std::size_t read_some(int fd, std::span<std::byte> into, const fs::path& name) {
    for (;;) {
        const auto got = ::read(fd, into.data(), into.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR)
            throw Error(Exit::bad_input, printable(name.string()) + ": cannot be read: " + errno_text(errno) + ".");
    }
}

bool read_at(int fd, std::uint64_t offset, std::span<std::byte> into) {
    while (!into.empty()) {
        const auto got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        into = into.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return true;
}

Bytes read_file(const fs::path& file, std::uint64_t most_bytes) {
    const FileHandle handle = open_for_reading(file);
    struct stat status {};
    ::fstat(handle.get(), &status);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > most_bytes)
        throw Error(Exit::bad_input, printable(file.string()) + ": holds " + human_bytes(size) + ", more than the " +
                                         human_bytes(most_bytes) + " that such a file may have.");
    Bytes bytes(size);
    if (!read_at(handle.get(), 0, bytes))
        throw Error(Exit::bad_input, printable(file.string()) + ": became shorter while it was read.");
    return bytes;
}

std::string read_text(const fs::path& file, std::uint64_t most_bytes) {
    const Bytes bytes = read_file(file, most_bytes);
    return std::string(text_of(bytes));
}

void write_all(int fd, std::span<const std::byte> bytes, const fs::path& name) {
    while (!bytes.empty()) {
        const auto put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0) {
            if (errno == EINTR) continue;
            throw Error(exit_for_write(errno),
                        printable(name.string()) + ": cannot be written: " + errno_text(errno) + ".");
        }
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
}

void print_out(std::string_view text) {
    while (!text.empty()) {
        const auto put = ::write(STDOUT_FILENO, text.data(), text.size());
        if (put < 0) {
            if (errno == EINTR) continue;
            if (errno == EPIPE) return;
            throw Error(exit_for_write(errno), "standard output cannot be written: " + errno_text(errno) + ".");
        }
        text.remove_prefix(static_cast<std::size_t>(put));
    }
}

namespace {

void sync_or_throw(int fd, const fs::path& name) {
    if (::fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
        throw Error(exit_for_write(errno),
                    printable(name.string()) + ": cannot be synced to disk: " + errno_text(errno) + ".");
}

FileHandle create(const fs::path& file) {
    FileHandle handle(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!handle)
        throw Error(exit_for_write(errno),
                    printable(file.string()) + ": cannot be created: " + errno_text(errno) + ".");
    return handle;
}

}  // namespace

void write_file_atomically(const fs::path& file, std::span<const std::byte> bytes) {
    const fs::path beside = file.parent_path() / ("." + file.filename().string() + ".new");
    {
        const FileHandle handle = create(beside);
        write_all(handle.get(), bytes, beside);
        sync_or_throw(handle.get(), beside);
    }
    if (::rename(beside.c_str(), file.c_str()) != 0)
        throw Error(exit_for_write(errno),
                    printable(file.string()) + ": cannot be put in place: " + errno_text(errno) + ".");
    sync_folder(file.has_parent_path() ? file.parent_path() : fs::path("."));
}

void write_file_atomically(const fs::path& file, std::string_view text) { write_file_atomically(file, bytes_of(text)); }

struct FileWriter::State {
    fs::path name;
    FileHandle handle;
    std::string buffer;
    std::uint64_t written = 0;

    void flush() {
        write_all(handle.get(), bytes_of(buffer), name);
        buffer.clear();
    }
};

FileWriter::FileWriter(fs::path file) : state_(std::make_unique<State>()) {
    state_->handle = create(file);
    state_->name = std::move(file);
}
FileWriter::~FileWriter() = default;
FileWriter::FileWriter(FileWriter&&) noexcept = default;
FileWriter& FileWriter::operator=(FileWriter&&) noexcept = default;

void FileWriter::write(std::string_view text) {
    constexpr std::size_t enough = std::size_t{1} << 18;
    state_->buffer += text;
    state_->written += text.size();
    if (state_->buffer.size() >= enough) state_->flush();
}
std::uint64_t FileWriter::bytes_written() const { return state_->written; }
void FileWriter::close() {
    state_->flush();
    state_->handle = FileHandle();
}

void sync_folder(const fs::path& folder) {
    const FileHandle handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!handle)
        throw Error(exit_for_write(errno),
                    printable(folder.string()) + ": cannot be opened: " + errno_text(errno) + ".");
    sync_or_throw(handle.get(), folder);
}

void sync_tree(const fs::path& folder) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_symlink()) continue;
        if (entry.is_directory()) {
            sync_folder(entry.path());
        } else if (entry.is_regular_file()) {
            const FileHandle handle(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
            if (handle) sync_or_throw(handle.get(), entry.path());
        }
    }
    sync_folder(folder);
}

std::optional<FileLock> FileLock::try_lock(const fs::path& file) {
    FileHandle handle(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!handle)
        throw Error(exit_for_write(errno),
                    printable(file.string()) + ": the lock cannot be created: " + errno_text(errno) + ".");
    if (::flock(handle.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
    const std::string note = "pid " + std::to_string(::getpid()) + " on " + host_name() + "\n";
    if (::ftruncate(handle.get(), 0) == 0) write_all(handle.get(), bytes_of(note), file);
    return FileLock(std::move(handle));
}

FileLock FileLock::wait_for(const fs::path& file, const std::function<void(const std::string&)>& waiting) {
    if (auto lock = try_lock(file)) return std::move(*lock);
    waiting(note_of(file));
    for (;;) {
        ::usleep(100'000);
        if (auto lock = try_lock(file)) return std::move(*lock);
    }
}

std::string FileLock::note_of(const fs::path& file) {
    try {
        std::string note = read_text(file, 4096);
        while (!note.empty() && note.back() == '\n') note.pop_back();
        return printable(note);
    } catch (const Error&) {
        return "unknown";  // the holder may just have removed it
    }
}

namespace {

struct TreeWalk {
    explicit TreeWalk(const StopAsked& stop_asked) : stop(stop_asked) {}

    const StopAsked& stop;
    std::vector<TreeEntry> entries;
    // Each folder is entered once: cycles end, and folders that link to one another are not walked in every order.
    // Links wait until all real folders have been entered, so that these keep their own names.
    std::set<std::pair<dev_t, ino_t>> entered;
    std::deque<std::pair<fs::path, std::string>> linked;

    void all(const fs::path& root) {
        visit(root, "");
        for (; !linked.empty(); linked.pop_front()) visit(linked.front().first, linked.front().second + "/");
    }

    void visit(const fs::path& folder, const std::string& prefix) {
        struct stat status {};
        if (::stat(folder.c_str(), &status) != 0)
            throw Error(Exit::bad_input, printable(folder.string()) + ": cannot be read: " + errno_text(errno) + ".");
        if (!entered.insert({status.st_dev, status.st_ino}).second) return;
        std::error_code fault;
        std::vector<fs::path> paths;
        fs::directory_iterator listed(folder, fault);
        if (fault)
            throw Error(Exit::bad_input, printable(folder.string()) + ": cannot be listed: " + fault.message() + ".");
        for (const fs::directory_iterator end; listed != end; listed.increment(fault)) {
            heed_stop(folder);
            paths.push_back(listed->path());
        }
        if (fault)
            throw Error(Exit::bad_input, printable(folder.string()) + ": cannot be listed: " + fault.message() + ".");
        std::sort(paths.begin(), paths.end());
        for (const auto& path : paths) {
            heed_stop(folder);
            add(path, prefix + path.filename().string());
        }
    }

    /// Looked at for every entry: it is cheap, and one folder may hold millions.
    void heed_stop(const fs::path& folder) const {
        if (stop && stop())
            throw Error(Exit::stopped,
                        "stopped while listing " + printable(folder.string()) + "; give the same command again.");
    }

    void add(const fs::path& path, const std::string& relative) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) return;  // a dangling link is no file
        if (S_ISDIR(status.st_mode)) {
            std::error_code ignored;
            if (fs::is_symlink(path, ignored))
                linked.emplace_back(path, relative);
            else
                visit(path, relative + "/");
            return;
        }
        if (!S_ISREG(status.st_mode)) return;
        entries.push_back({relative, static_cast<std::uint64_t>(status.st_size),
                           status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_ino});
    }
};

}  // namespace

std::vector<TreeEntry> list_tree(const fs::path& root, const StopAsked& stop) {
    TreeWalk walk(stop);
    std::error_code fault;
    if (fs::is_directory(root, fault))
        walk.all(root);
    else if (fs::exists(root, fault))
        walk.add(root, root.filename().string());
    else if (fault)
        throw Error(Exit::bad_input, printable(root.string()) + ": cannot be read: " + fault.message() + ".");
    else
        throw Error(Exit::bad_input, printable(root.string()) + ": there is no such file or folder.");
    std::sort(walk.entries.begin(), walk.entries.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(walk.entries);
}

bool is_inside(std::string_view relative) {
    if (relative.empty() || relative.front() == '/' || relative.find('\0') != std::string_view::npos) return false;
    for (std::size_t begin = 0; begin <= relative.size();) {
        const auto end = std::min(relative.find('/', begin), relative.size());
        if (relative.substr(begin, end - begin) == "..") return false;
        begin = end + 1;
    }
    return true;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
                           c == '_' || c == '-';
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += digits[static_cast<unsigned char>(c) >> 4];
            out += digits[c & 15];
        }
    }
    return out;
}

std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF0 && lead <= 0xF4  ? 4
                               : lead >= 0xE0                ? 3
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                                                             : 0;
    if (length == 0 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF0 && byte(1) < 0x90) ||
        (lead == 0xF4 && byte(1) > 0x8F))
        return 0;
    return length;
}

namespace {

/// How many bytes at the beginning may be shown as they are; 0 where the first must be escaped.
std::size_t shown_length(std::string_view text) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x20 || byte == 0x7F) return 0;
    // U+0080 to U+009F are control characters as well: U+009B begins an escape sequence on some terminals.
    if (byte == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0) return 0;
    return utf8_length(text);
}

/// Moves one character from `text` to `out`, escaped where it has to be.
void show_one(std::string_view& text, std::string& out) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::size_t length = shown_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0) {
        out += "\\x";
        out += digits[byte >> 4];
        out += digits[byte & 15];
    } else {
        out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
}

}  // namespace

std::string printable(std::string_view name) {
    constexpr std::size_t most_bytes = 200;
    std::string out;
    while (!name.empty() && out.size() < most_bytes) show_one(name, out);
    return name.empty() ? out : out + "…";
}

std::string printable_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        if (text.front() == '\n' || text.front() == '\t') {
            out += text.front();
            text.remove_prefix(1);
        } else {
            show_one(text, out);
        }
    }
    return out;
}

}  // namespace cohort
