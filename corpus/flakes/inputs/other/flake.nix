{
  inputs.nested.url = "path:./nowhere";
  inputs.renamed.url = "path:./nowhere";
  outputs =
    {
      self,
      nested,
      renamed,
    }:
    {
      name = "other";
      nested = [
        nested.name
        nested.place
      ];
      renamed = renamed.place;
    };
}
