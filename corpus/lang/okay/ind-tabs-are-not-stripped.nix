# Only spaces count as indentation; a tab is text.
''
	tab
  spaces
''
