// cohort-evaluate: scores predicted labels against reference labels, per case and label.
#include "apps/evaluate/evaluate_step.h"
#include "step/run_program.h"

int main(int argc, char** argv) {
    cohort::evaluate::EvaluateStep step;
    return cohort::step::run_program(step, argc, argv);
}
