# `''\` escapes the next character; a plain backslash is text.
[ ''a''\nb'' ''a''\tb'' ''a''\rb'' ''a\nb'' ''a''\\b'' ''''\${x}'' ''''\"'' "${''\''}" ]
