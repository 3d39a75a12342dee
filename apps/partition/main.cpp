// cohort-partition: splits a dataset into folds or a hold-out; groups are never split.
#include "apps/partition/partition_step.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::partition::PartitionStep step;
    return cohort::step::run_program(step, argc, argv);
}
