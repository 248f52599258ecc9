# Interpolation doesn't take numbers.
"value: ${1}"
