{ } + throw "right"
