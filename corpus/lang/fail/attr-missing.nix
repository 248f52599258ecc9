# A missing attribute.
{ alpha = 1; }.alhpa
