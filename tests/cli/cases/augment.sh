# What a user sees of augment: a run, the second time it is asked for, a preview, and the mistakes that are refused.
# needs: cohort-augment cohort-compare cohort-ingest cohort-inspect phantoms
phantoms --out raw --cases 3 >/dev/null
try cohort-ingest --quiet --input raw --privacy anonymous --out dataset
try cohort-ingest --quiet --input raw --out identified
try cohort-augment --quiet --dataset dataset --copies 2 --threads 1 --out augmented
try cohort-augment --dataset dataset --copies 2 --threads 2 --out augmented
try cohort-augment --quiet --dataset dataset --copies 2 --threads 2 --out again
try cohort-compare --quiet augmented again
try cohort-augment --quiet --dataset augmented --out twice
try cohort-augment --quiet --dataset augmented --drop-originals --transform gamma=1:.5:2,mirror=0 --recipe light --out copies
try cohort-augment --dataset dataset --preview sheet.png --progress none
try cohort-augment --dataset dataset --preview sheet.png --out beside
try cohort-augment --dataset identified --preview private.png
try cohort-augment --dataset dataset
try cohort-augment --dataset dataset --recipe nnunett --out name
try cohort-augment --dataset dataset --transform noize-sd=.5 --out transform
try cohort-augment --dataset dataset --transform noise-sd=.5:.2 --out range
try cohort-augment --dataset dataset --transform scale=.5:.01:3 --out limits
try cohort-inspect --quiet copies
