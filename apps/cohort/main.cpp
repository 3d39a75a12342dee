// cohort: the driver. `cohort run PIPELINE` runs a pipeline file, `cohort STEP …` is `cohort-STEP …`.
#include "driver/commands.h"

int main(int argc, char** argv) { return cohort::driver::run_driver(argc, argv); }
