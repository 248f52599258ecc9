# A locked nixpkgs in the forms that labs' flakes ask for it: as the flake gives it, and imported, with the overlay of
# RepX's own flake or without.
{
  flake,
  overlay,
  system,
}:
{
  flake = flake.legacyPackages.${system};
  imported = import flake { inherit system; };
  extended = import flake {
    inherit system;
    overlays = [ overlay ];
  };
}
