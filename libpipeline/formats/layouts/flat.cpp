// Flat: every image is a case, named by its path; with a pattern, as the pattern says. Labels lie in a tree of their
// own under the same names.
#include "core/files.h"
#include "formats/layouts/gather.h"
#include "formats/layouts/names.h"
#include "formats/layouts/pattern.h"

namespace cohort::layouts {

namespace {

Found found_by_path(Source source) {
    Found found{
        id_of_path(source.path), entity(source.path, "sub-"), entity(source.path, "ses-"), {}, std::move(source)};
    if (found.subject.empty()) found.subject = found.id;
    return found;
}

/// `part` stands in `text` as a whole word, not within a longer number or name: 1 is in "1_T1w", not in "12".
bool names_whole(std::string_view text, std::string_view part) {
    const auto is_border = [](char c) { return c == '_' || c == '-' || c == '.' || c == '/'; };
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
        const auto end = at + part.size();
        if ((at == 0 || is_border(text[at - 1])) && (end == text.size() || is_border(text[end]))) return true;
    }
    return false;
}

/// The id is {id}, led by {subject} and {session} where it does not name them itself.
std::optional<Found> found_by_pattern(const Pattern& pattern, const Source& source) {
    const auto fields = pattern.match(source.path);
    if (!fields) return std::nullopt;
    const auto field = [&](const char* name) {
        const auto found = fields->find(name);
        return found == fields->end() ? std::string{} : found->second;
    };
    Found found{field("id"), field("subject"), field("session"), field("channel"), source};
    std::string leading;
    for (const auto& part : {found.subject, found.session})
        if (!part.empty() && !names_whole(found.id, part)) leading += (leading.empty() ? "" : ".") + part;
    found.id = id_of_text(leading + (leading.empty() || found.id.empty() ? "" : ".") + found.id);
    if (found.subject.empty()) found.subject = found.id;
    return found;
}

std::vector<Found> find_all(const std::filesystem::path& root, const std::string& input, const Request& request,
                            Listing& listing) {
    const auto files = gather_files(root, input, request, listing);
    for (const auto& name : files.others) listing.skipped.push_back({name, "no image format has this kind of name"});
    std::vector<Found> all;
    std::vector<Pattern> patterns;
    if (!request.pattern.empty()) {
        patterns.emplace_back(request.pattern);
        if (input == "labels" && patterns.front().has("channel"))
            patterns.push_back(patterns.front().without_channel());
    }
    for (const auto& source : files.sources) {
        if (patterns.empty()) {
            all.push_back(found_by_path(source));
            continue;
        }
        std::optional<Found> found;
        for (auto pattern = patterns.rbegin(); pattern != patterns.rend() && !found; ++pattern)
            found = found_by_pattern(*pattern, source);
        if (found && input == "labels") found->channel.clear();
        if (found)
            all.push_back(std::move(*found));
        else {
            listing.skipped.push_back({source.path, "it does not match the pattern"});
            if (!source.second.empty()) listing.skipped.push_back({source.second, "it does not match the pattern"});
        }
    }
    return all;
}

}  // namespace

void list_flat(const Request& request, Listing& listing) {
    std::optional<std::vector<Found>> images, labels;
    if (request.input) images = find_all(*request.input, "input", request, listing);
    if (request.labels) labels = find_all(*request.labels, "labels", request, listing);
    pair_up(std::move(images), std::move(labels), request, listing);
}

}  // namespace cohort::layouts
