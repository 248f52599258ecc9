# A bare URI is a string.
[ http://example.org/a?b=c&d=e https://host:8080/~user/x.tar.gz mailto:a@b.c a:b x+y.z-1:q ]
