{
  inputs = {
    sub.url = "path:./sub";
    plain = {
      url = "path:./plain";
      flake = false;
    };
    other = {
      url = ./other;
      inputs.nested.follows = "sub/inner";
      inputs.renamed.url = "path:./sub/inner";
    };
    same.follows = "other";
  };

  outputs =
    inputs@{
      self,
      sub,
      plain,
      ...
    }:
    let
      known = flake: builtins.removeAttrs flake.sourceInfo [ "outPath" ] == builtins.removeAttrs self.sourceInfo [ "outPath" ];
    in
    {
      info = {
        names = builtins.attrNames inputs;
        sub = sub.name;
        subInner = sub.inner;
        place = sub.place;
        subPath = sub.outPath;
        plain = builtins.readFile (plain + "/data");
        plainPath = plain.outPath;
        plainIsFlake = plain ? outputs;
        nested = inputs.other.nested;
        renamed = inputs.other.renamed;
        same = inputs.same.name;
        sources = map known [
          sub
          inputs.other
        ];
        inputsOf = builtins.mapAttrs (_: flake: builtins.attrNames flake.inputs) {
          inherit sub;
          inherit (inputs) other;
        };
      };
    };
}
