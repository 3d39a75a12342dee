// cohort-curate: checks a dataset, sets aside what fails, fingerprints the rest.
#include "apps/curate/curate_step.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::curate::CurateStep step;
    return cohort::step::run_program(step, argc, argv);
}
