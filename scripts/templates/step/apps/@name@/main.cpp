// cohort-@name@: keeps the first samples of a dataset.
#include "apps/@name@/@name@_step.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::@name@::@Name@Step step;
    return cohort::step::run_program(step, argc, argv);
}
