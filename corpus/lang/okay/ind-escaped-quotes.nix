# `'''` is two single quotes.
[ ''''''' ''a'''b'' '''''''''' ''it's'' ''a 'q' b'' ]
