# `!` is looser than `+` and `?`, tighter than comparison.
[ (!true && false) (!(true && false)) (!false || true) (!true == false) (!{ a = 1; } ? a) (!{ } ? a) (!!true) ]
