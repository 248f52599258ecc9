# What a lab calls `repx-lib`. It only makes records with a tag: everything is checked by repx itself,
# which knows where in the lab's text each part stands. Nothing here evaluates what it is given.
{ prim, lib }:
let
  utils = import ./utils.nix { inherit prim lib; };

  # Made by repx itself, so that each record knows the place of its call.
  inherit (prim) callRun callStage;
  mkPipe = stages: stages;

  self = {
    inherit
      callRun
      callStage
      mkPipe
      utils
      ;
    # Flakes of upstream's form take `.lab` of it.
    mkLab =
      args:
      let
        lab = args // {
          inherit lab;
          _repx_type = "lab";
        };
      in
      lab;
    mkRun = args: args // { _repx_type = "run"; };
    # Pipelines and runs of upstream's form ask for these with the package set in hand.
    mkPipelineHelpers = _args: self;
    mkUtils = _args: utils;
  };
in
self
