// cohort-preprocess: brings every sample to one orientation, spacing and range of intensities.
#include "apps/preprocess/preprocess_step.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::preprocess::PreprocessStep step;
    return cohort::step::run_program(step, argc, argv);
}
