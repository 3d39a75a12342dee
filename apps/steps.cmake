# Every step, in the order of the data's way. The schemas of these are compiled in.
set(COHORT_STEPS ingest curate partition preprocess augment train predict evaluate export inspect compare)
