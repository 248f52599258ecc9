# Indented strings nest in interpolations, each stripped by itself.
''
  outer
  ${''
      inner
        more
  ''}
  end
''
