{
  outputs =
    { self }:
    {
      name = "inner";
      place = toString ./.;
    };
}
