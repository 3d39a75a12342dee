# Programs that take bare arguments.
# needs: cohort-inspect cohort-compare
try cohort-inspect
try cohort-inspect nowhere
try cohort-inspect a b
mkdir folder
try cohort-inspect folder
try cohort-compare folder
try cohort-compare folder nowhere
printf 'x,y\n1,2\n' >a.csv
printf 'x,y\n1,2.5\n' >b.csv
try cohort-compare a.csv a.csv
try cohort-compare a.csv b.csv
try cohort-compare a.csv b.csv --tolerance 0.5
try cohort-compare a.csv b.csv --tolerance -1
