# Nor lists.
"value: ${[ "a" ]}"
