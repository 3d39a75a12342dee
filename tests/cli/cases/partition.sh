# Misuse of a step's command line, the same for every step.
# needs: cohort-partition
try cohort-partition --version
try cohort-partition
try cohort-partition --datset clean --folds one --stratify sex,age --out split
try cohort-partition --dataset nowhere --out split
try cohort-partition --dataset nowhere --out split --scheme k-fold
try cohort-partition --dataset --out split
try cohort-partition --dataset nowhere --dry-run --accept-quarantined most --memory much --progress fast
try cohort-partition --dataset nowhere --out split stray --force=perhaps
printf 'dataset: nowhere\nfolds: 5\nfolds: 6\n' >twice.yaml
try cohort-partition --params twice.yaml --out split
printf 'dataset: nowhere\nstratify: [sex]\nfold: 5\nbins: 1\n' >typo.yaml
try cohort-partition --params typo.yaml --out split
printf '{"dataset": "nowhere", "out": "split"}' >option.json
try cohort-partition --params option.json
try cohort-partition --params absent.yaml --out split
try ls
