{
  inputs.inner.url = "path:./inner";
  outputs =
    { self, inner }:
    {
      name = "sub";
      place = toString ./.;
      inner = inner.name;
    };
}
