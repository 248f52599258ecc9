# Nor functions.
"value: ${x: x}"
