# On one line nothing but leading spaces that all lines share is removed.
[ ''abc'' ''  abc'' ''abc  '' ''  abc  '' '''' '' '' ''   '' ]
