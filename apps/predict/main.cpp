// cohort-predict: labels images with trained models.
#include "apps/predict/predict_step.h"
#include "learn/environment.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::learn::settle_environment(argv);
    cohort::predict::PredictStep step;
    return cohort::step::run_program(step, argc, argv);
}
