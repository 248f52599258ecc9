# addErrorContext answers its second argument.
builtins.addErrorContext "while testing" 7
