# Sets that refer to themselves, and ways to extend them.
{ fixedPoints, lists, trivial, ... }:
{
  fix =
    f:
    let
      self = f self;
    in
    self;

  # As `fix`, and the function stays readable in the result.
  fix' =
    f:
    let
      self = f self // {
        __unfix__ = f;
      };
    in
    self;

  converge =
    f: start:
    let
      next = f start;
    in
    if next == start then start else fixedPoints.converge f next;

  extends =
    overlay: base: final:
    let
      prev = base final;
    in
    prev // overlay final prev;

  composeExtensions =
    first: second: final: prev:
    let
      changed = first final prev;
    in
    changed // second final (prev // changed);
  composeManyExtensions = lists.foldr fixedPoints.composeExtensions (_final: _prev: { });

  makeExtensible = fixedPoints.makeExtensibleWithCustomName "extend";
  makeExtensibleWithCustomName =
    name: rattrs:
    fixedPoints.fix' (
      self:
      rattrs self
      // {
        ${name} = overlay: fixedPoints.makeExtensibleWithCustomName name (fixedPoints.extends overlay rattrs);
      }
    );

  # Accepts an overlay, a function of the previous set, or a plain set.
  toExtension =
    change:
    if !trivial.isFunction change then
      _final: _prev: change
    else
      final: prev:
      let
        partial = change prev;
      in
      if trivial.isFunction partial then change final prev else partial;
}
