# Only values of one kind have an order.
1 < "a"
