// cohort-inspect: shows what an artefact holds.
#include "apps/inspect/inspect_step.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::inspect::InspectStep step;
    return cohort::step::run_program(step, argc, argv);
}
