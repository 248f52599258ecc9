# A lab file that uses self without taking it.
({ pkgs, ... }: self.rev or "unknown") { pkgs = { }; }
