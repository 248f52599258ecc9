# Lists. Wherever one of the builtins does the work, it is used: those run without interpretation.
{
  lists,
  trivial,
  strings,
  ...
}:
let
  inherit (builtins)
    all
    any
    concatLists
    elem
    elemAt
    filter
    foldl'
    genList
    head
    isInt
    isList
    isString
    length
    tail
    ;

  # Below this size a scan is cheaper than building an index.
  worthAnIndex = 16;

  # Whether every element can serve as an ordering key that agrees with `==`.
  # Strings compare without their context in both, ints are exact; floats have nan, so they don't count.
  indexable = list: all isString list || all isInt list;

  firstOfEach =
    list:
    map (entry: entry.key) (
      builtins.genericClosure {
        startSet = map (key: { inherit key; }) list;
        operator = _entry: [ ];
      }
    );

  plain = builtins.unsafeDiscardStringContext;

  # A fast membership test for many questions against one list of strings.
  memberOf =
    list:
    if length list > worthAnIndex && all isString list then
      let
        index = builtins.listToAttrs (
          map (text: {
            name = plain text;
            value = null;
          }) list
        );
      in
      candidate: isString candidate && index ? ${plain candidate}
    else
      candidate: elem candidate list;

  # The first position that satisfies the predicate, or null. A loop, so the stack stays flat.
  positionOf =
    predicate: list:
    let
      size = length list;
      go =
        index:
        if index >= size then
          null
        else if predicate (elemAt list index) then
          index
        else
          go (index + 1);
    in
    go 0;

  slice = start: count: list: genList (offset: elemAt list (start + offset)) count;
in
{
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    groupBy
    head
    isList
    length
    map
    partition
    sort
    tail
    ;

  singleton = value: [ value ];
  optional = condition: value: if condition then [ value ] else [ ];
  optionals = condition: values: if condition then values else [ ];
  toList = value: if isList value then value else [ value ];
  forEach = list: f: map f list;
  replicate = count: value: genList (_index: value) count;
  range = first: last: if last < first then [ ] else genList (offset: first + offset) (last - first + 1);

  foldr =
    f: start: list:
    let
      size = length list;
      from = index: if index >= size then start else f (elemAt list index) (from (index + 1));
    in
    from 0;
  fold = lists.foldr;
  # Unlike foldl' this leaves the intermediate results unevaluated.
  foldl =
    f: start: list:
    let
      upTo = count: if count == 0 then start else f (upTo (count - 1)) (elemAt list (count - 1));
    in
    upTo (length list);

  imap0 = f: list: genList (index: f index (elemAt list index)) (length list);
  imap1 = f: list: genList (index: f (index + 1) (elemAt list index)) (length list);
  ifilter0 =
    predicate: list:
    map (elemAt list) (filter (index: predicate index (elemAt list index)) (genList trivial.id (length list)));

  flatten = value: if isList value then builtins.concatMap lists.flatten value else [ value ];
  remove = unwanted: filter (value: value != unwanted);
  count = predicate: list: length (filter predicate list);

  findFirstIndex =
    predicate: fallback: list:
    let
      index = positionOf predicate list;
    in
    if index == null then fallback else index;
  findFirst =
    predicate: fallback: list:
    let
      index = positionOf predicate list;
    in
    if index == null then fallback else elemAt list index;
  findSingle =
    predicate: none: several: list:
    let
      found = filter predicate list;
    in
    if found == [ ] then
      none
    else if length found == 1 then
      head found
    else
      several;

  last = list: if list == [ ] then throw "lists.last: an empty list has no last element" else elemAt list (length list - 1);
  init =
    list: if list == [ ] then throw "lists.init: an empty list has no last element to leave out" else slice 0 (length list - 1) list;

  sublist =
    start: count: list:
    let
      available = length list - start;
      size =
        if available <= 0 then
          0
        else if count > available then
          available
        else
          count;
    in
    slice start size list;
  take = lists.sublist 0;
  drop = count: list: lists.sublist count (length list) list;
  takeEnd = count: list: lists.drop (trivial.max 0 (length list - count)) list;
  dropEnd = count: list: lists.take (trivial.max 0 (length list - count)) list;
  reverseList =
    list:
    let
      end = length list - 1;
    in
    genList (index: elemAt list (end - index)) (end + 1);
  replaceElemAt =
    list: index: value:
    if index < 0 || index >= length list then
      throw "lists.replaceElemAt: there is no index ${toString index} among ${toString (length list)} elements"
    else
      genList (at: if at == index then value else elemAt list at) (length list);

  hasPrefix = front: list: lists.take (length front) list == front;
  removePrefix =
    front: list:
    if lists.hasPrefix front list then
      lists.drop (length front) list
    else
      throw "lists.removePrefix: the second list does not begin with the first";
  commonPrefix =
    a: b:
    let
      shorter = trivial.min (length a) (length b);
      differing = positionOf (index: elemAt a index != elemAt b index) (genList trivial.id shorter);
    in
    lists.take (if differing == null then shorter else differing) a;

  zipListsWith =
    f: a: b:
    genList (index: f (elemAt a index) (elemAt b index)) (trivial.min (length a) (length b));
  zipLists = lists.zipListsWith (fst: snd: { inherit fst snd; });
  crossLists = f: foldl' (partials: values: builtins.concatMap (partial: map partial values) partials) [ f ];

  groupBy' =
    f: start: keyOf: list:
    builtins.mapAttrs (_key: foldl' f start) (builtins.groupBy keyOf list);

  sortOn =
    keyOf: list:
    # Every key is computed once, not once a comparison.
    map (entry: entry.value) (
      builtins.sort (a: b: a.key < b.key) (
        map (value: {
          inherit value;
          key = keyOf value;
        }) list
      )
    );
  compareLists =
    compare: a: b:
    let
      results = lists.zipListsWith compare a b;
      decisive = positionOf (order: order != 0) results;
    in
    if decisive == null then trivial.compare (length a) (length b) else elemAt results decisive;
  naturalSort =
    list:
    let
      # Digit runs compare as numbers, the text between them as text.
      comparable = piece: if isList piece then strings.toIntBase10 (head piece) else piece;
      pieces = text: map comparable (builtins.split "([0-9]+)" text);
      keyed = map (value: {
        inherit value;
        key = pieces value;
      }) list;
    in
    map (entry: entry.value) (builtins.sort (a: b: lists.compareLists trivial.compare a.key b.key < 0) keyed);

  # Keeps the first of equal elements. Near-linear for strings or ints, else a scan for each element.
  unique =
    list:
    if length list < 2 then
      list
    else if length list > worthAnIndex && indexable list then
      firstOfEach list
    else
      foldl' (kept: value: if elem value kept then kept else kept ++ [ value ]) [ ] list;
  uniqueStrings = list: builtins.attrNames (builtins.groupBy trivial.id list);
  allUnique = list: length (lists.unique list) == length list;
  intersectLists = wanted: filter (memberOf wanted);
  subtractLists =
    unwanted: list:
    let
      isUnwanted = memberOf unwanted;
    in
    filter (value: !isUnwanted value) list;
  mutuallyExclusive = a: b: !any (memberOf b) a;
  concatAttrValues = set: concatLists (builtins.attrValues set);

  # Walks towards an element that nothing precedes, from the first of the list.
  listDfs =
    stopOnCycles: before: list:
    let
      walk =
        here: visited: rest:
        let
          behind = filter (other: before other here) visited;
          split = builtins.partition (other: before other here) rest;
        in
        if stopOnCycles && behind != [ ] then
          {
            cycle = here;
            loops = behind;
            inherit visited rest;
          }
        else if split.right == [ ] then
          {
            minimal = here;
            inherit visited rest;
          }
        else
          walk (head split.right) ([ here ] ++ visited) (tail split.right ++ split.wrong);
    in
    walk (head list) [ ] (tail list);

  toposort =
    before: list:
    let
      loop =
        sorted: rest:
        let
          found = lists.listDfs true before rest;
        in
        if length rest < 2 then
          { result = sorted ++ rest; }
        else if found ? cycle then
          {
            cycle = lists.reverseList ([ found.cycle ] ++ found.visited);
            inherit (found) loops;
          }
        else
          loop (sorted ++ [ found.minimal ]) (found.visited ++ found.rest);
    in
    loop [ ] list;
}
