// cohort-train: trains a network on a dataset's labels.
#include "apps/train/train_step.h"
#include "learn/environment.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::learn::settle_environment(argv);
    cohort::train::TrainStep step;
    return cohort::step::run_program(step, argc, argv);
}
