# needs: cohort-@name@
try cohort-@name@ --version
try cohort-@name@ --count 0
try cohort-@name@ --dataset nowhere --out few
