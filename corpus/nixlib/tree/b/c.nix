"see"
