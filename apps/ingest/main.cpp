// cohort-ingest: reads raw images into a dataset.
#include "apps/ingest/ingest_step.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::ingest::IngestStep step;
    return cohort::step::run_program(step, argc, argv);
}
