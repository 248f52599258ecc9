# So must the operand of !.
!"a"
