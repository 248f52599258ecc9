# The lines of an interpolated value are not indented along.
let body = "one\ntwo"; in ''
  start
    ${body}
  end
''
