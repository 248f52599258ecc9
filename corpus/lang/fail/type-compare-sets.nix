# Sets have no order.
{ } < { }
