# inherit (e) of something e doesn't have.
{ inherit ({ a = 1; }) b; }.b
