# Lines that begin with tabs have no indentation at all.
''
		two
	one
''
