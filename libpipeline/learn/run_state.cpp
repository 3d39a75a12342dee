#include "learn/run_state.h"

#include "core/error.h"

namespace cohort::learn {

Json to_json(const RunState& s) {
    return {{"iterations", s.iterations},
            {"next", s.next},
            {"validated", s.validated},
            {"history_bytes", s.history_bytes},
            {"best_dice", null_if_not_finite(s.best_dice)},
            {"best_iteration", s.best_iteration},
            {"loss_sum", s.loss_sum},
            {"cross_entropy_sum", s.cross_entropy_sum},
            {"dice_loss_sum", s.dice_loss_sum},
            {"summed", s.summed}};
}

RunState run_state_from_json(const Json& json, std::string_view where) {
    const auto count = [&](std::string_view key) {
        const auto value = integer_member(json, key, where);
        if (value < 0) throw Error(Exit::bad_input, std::string(where) + ": '" + std::string(key) + "' is negative.");
        return static_cast<std::uint64_t>(value);
    };
    RunState s;
    s.iterations = count("iterations");
    s.next = count("next");
    s.validated = count("validated");
    s.history_bytes = count("history_bytes");
    s.best_iteration = count("best_iteration");
    s.summed = count("summed");
    if (const auto& best = member(json, "best_dice", where); best.is_number()) s.best_dice = best.get<double>();
    s.loss_sum = number_member(json, "loss_sum", where);
    s.cross_entropy_sum = number_member(json, "cross_entropy_sum", where);
    s.dice_loss_sum = number_member(json, "dice_loss_sum", where);
    if (s.next > s.iterations || s.validated > s.next || s.best_iteration > s.next)
        throw Error(Exit::bad_input,
                    std::string(where) + ": its counts of iterations contradict each other; it is damaged.");
    return s;
}

}  // namespace cohort::learn
