{
  description = "what a flake knows of its own source";

  outputs =
    { self }:
    {
      info = {
        own = {
          inherit (self) lastModified lastModifiedDate narHash;
          rev = self.rev or "none";
          shortRev = self.shortRev or "none";
          revCount = self.revCount or "none";
          dirtyRev = self.dirtyRev or "none";
          dirtyShortRev = self.dirtyShortRev or "none";
          submodules = self.submodules or "none";
        };
        names = builtins.attrNames self.sourceInfo;
        path = "${self}";
        ownPath = self.outPath;
        sourcePath = self.sourceInfo.outPath;
        file = toString ./file;
        copied = "${./file}";
        directory = "${./dir}";
        again = "${./.}";
        base = baseNameOf ./.;
        above = toString ./..;
        files = builtins.readDir ./.;
        inDir = builtins.readDir ./dir;
        text = builtins.readFile ./dir/inner;
        link = builtins.readFile ./dir/link;
        untracked = builtins.pathExists ./untracked;
        filtered = builtins.path {
          path = ./dir;
          name = "filtered";
          filter = path: _: baseNameOf path != "link";
        };
        position = builtins.unsafeGetAttrPos "position" self.info;
        context = builtins.attrNames (builtins.getContext self.outPath);
        functor = self ? outputs && self ? inputs && self._type == "flake";
      };
    };
}
