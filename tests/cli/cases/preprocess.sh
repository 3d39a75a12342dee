# What a user sees of preprocess: a run, the second time it is asked for, and the mistakes that are refused.
# needs: cohort-preprocess cohort-ingest cohort-inspect phantoms
phantoms --out raw --cases 4 >/dev/null
try cohort-ingest --quiet --input raw --privacy anonymous --out dataset
try cohort-preprocess --quiet --dataset dataset --spacing-mm 1.5 --normalise zscore --out prepared
try cohort-preprocess --dataset dataset --spacing-mm 1.5 --normalise zscore --out prepared
try cohort-preprocess --dataset prepared --spacing-mm 1 --out again
try cohort-preprocess --dataset dataset --spacing-mm 1,1 --out two
try cohort-preprocess --dataset dataset --spacing-mm fine --out word
try cohort-preprocess --dataset dataset --normalise percentile --percentiles 99,1 --out order
try cohort-preprocess --dataset dataset --normalise z-score --out name
try cohort-preprocess --dataset dataset --orientation keep --out nothing
try cohort-preprocess --dataset dataset --spacing-mm 1 --out planned --dry-run --threads 1 --memory 1GiB
try cohort-inspect --quiet prepared
