# throw's message is shown.
throw "my own message"
