# And that of assert.
assert "yes"; 1
