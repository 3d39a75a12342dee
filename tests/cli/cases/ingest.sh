# From images to files and back through the programs that are always built; every output is machine-readable and stable.
# needs: cohort-ingest cohort-curate cohort-partition cohort-inspect cohort-compare cohort-export cohort
try cohort-ingest --out raw
try cohort-ingest --input nowhere --out raw
mkdir empty
try cohort-ingest --input empty --out raw
mkdir images
printf 'not an image' >images/broken.nii
try cohort-ingest --input images --out raw --progress none
try ls -A
