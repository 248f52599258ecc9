# Paths compare as their text.
[ (./a < ./b) (./b < ./a) (./a <= ./a) (/a < /a/b) ]
