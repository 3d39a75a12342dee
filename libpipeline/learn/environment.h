// The process as training and prediction need it: libraries that sum alike every time, memory that is not given back.
#pragma once

namespace cohort::learn {

/// First call of main(). Executes the program once more, with OMP_WAIT_POLICY=passive, OMP_DYNAMIC=false and
/// OPENBLAS_NUM_THREADS=1, unless it runs with them already: the libraries read them while they are loaded. Keeps freed
/// memory in the heap, which saves a page fault per page of every step. Does nothing where only --help and the like are
/// asked for.
void settle_environment(char** argv);

}  // namespace cohort::learn
