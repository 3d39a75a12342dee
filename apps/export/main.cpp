// cohort-export: writes a dataset as files for other tools.
#include "apps/export/export_step.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::exporting::ExportStep step;
    return cohort::step::run_program(step, argc, argv);
}
