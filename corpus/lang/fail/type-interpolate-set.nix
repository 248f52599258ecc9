# Nor sets without outPath or __toString.
"value: ${{ a = 1; }}"
