# Nothing but the start and the end of a process.
1
