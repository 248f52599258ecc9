# A file with CRLF line ends reads as any other, comments included.
# comment
{
  a = 1; # one
  b = "x
y";
}
