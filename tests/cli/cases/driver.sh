# Misuse of the driver, and the ways to its answers.
# needs: cohort cohort-partition
try cohort
try cohort --version
try cohort rum
try cohort partition --version
try cohort partition --fold 3
try cohort run nowhere.yaml
printf 'cohort: 1\nname: x\nsteps:\n  raw: {run: ingets, with: {inptu: a}}\n  raw: {}\n' >twice.yaml
try cohort run twice.yaml
printf 'cohort: 1\nname: x\nsteps:\n  split: {run: partiton}\n  more: {run: partition, with: {dataset: "${steps.raw}", folds: 1, fold: 2}}\n' >faults.yaml
try cohort run faults.yaml
try cohort plan faults.yaml
printf 'cohort: &a 1\n' >anchor.yaml
try cohort run anchor.yaml
try cohort run faults.yaml --onyl more
try ls -A
