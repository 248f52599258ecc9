# // takes sets.
{ } // 1
