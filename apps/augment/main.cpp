// cohort-augment: adds randomly changed copies to a dataset, or draws what a recipe does.
#include "apps/augment/augment_step.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::augmentation::AugmentStep step;
    return cohort::step::run_program(step, argc, argv);
}
