// cohort-compare: compares two artefacts, or two files, value by value.
#include "apps/compare/compare_step.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::compare::CompareStep step;
    return cohort::step::run_program(step, argc, argv);
}
