# In a message the kind of a set comes first.
"${{ a = 1; _type = "unit"; }}"
