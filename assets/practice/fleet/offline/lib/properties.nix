# Properties and merging: from what modules say about one place to the value it has.
#
# A property is a set with a `_type` around a definition: a condition (`mkIf`), several definitions
# in one (`mkMerge`), a priority (`mkForce`, `mkDefault`) or an order (`mkBefore`, `mkAfter`).
# A definition is { file, value }, the file being for messages alone.
{ lib }:
let
  inherit (builtins)
    all
    concatMap
    filter
    foldl'
    head
    isAttrs
    isBool
    length
    mapAttrs
    sort
    ;
  inherit (lib) showOption;

  typeOf = v: if isAttrs v then v._type or "" else "";

  # Lower wins. The numbers are nixpkgs's, since modules may say `mkOverride 900`.
  priority = {
    force = 50;
    plain = 100;
    default = 1000;
    option = 1500;
  };

  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkOrder = order: content: {
    _type = "order";
    inherit order content;
  };

  showDefinitions =
    defs: lib.concatMapStrings (d: "\n- In `${d.file}': ${lib.showValue d.value}") defs;

  # `mkIf c { a = 1; }` becomes `{ a = mkIf c 1; }` and so on, so that the names inside a conditional
  # set are known without knowing the condition, which may depend on other options.
  pushDown =
    def:
    let
      again = content: pushDown (def // { value = content; });
      wrap = f: map (d: d // { value = mapAttrs (_: f) d.value; }) (again def.value.content);
      kind = typeOf def.value;
    in
    if kind == "merge" then
      concatMap again def.value.contents
    else if kind == "if" then
      wrap (lib.mkIf def.value.condition)
    else if kind == "override" then
      wrap (mkOverride def.value.priority)
    else if kind == "order" then
      wrap (mkOrder def.value.order)
    else
      [ def ];

  # The values that remain when conditions are decided: [ { file, value } ].
  #
  # What is inside an override stays closed: whether it counts is known from its priority alone, and
  # opening a default that does not count could ask for an option that nobody set.
  discharge =
    loc: def:
    let
      inherit (def) value;
      again = content: discharge loc (def // { value = content; });
    in
    if typeOf value == "merge" then
      concatMap again value.contents
    else if typeOf value == "if" then
      if !isBool value.condition then
        throw "`mkIf' for the option `${showOption loc}' in `${def.file}' was given a condition that is not a boolean."
      else
        lib.optionals value.condition (again value.content)
    else
      [ def ];

  priorityOf = def: if typeOf def.value == "override" then def.value.priority else priority.plain;
  orderOf = def: if typeOf def.value == "order" then def.value.order else 1000;
  unwrap = kind: def: if typeOf def.value == kind then def // { value = def.value.content; } else def;

  # All definitions of one place (an option, an element of `attrsOf`) to one value.
  mergeDefinitions =
    loc: type: defs:
    let
      live = concatMap (discharge loc) defs;
      highest = foldl' (best: d: if priorityOf d < best then priorityOf d else best) 9999 live;
      winners = map (unwrap "override") (filter (d: priorityOf d == highest) live);
      # `sort` is stable, so definitions of one order stay as the modules gave them.
      ordered = map (unwrap "order") (sort (a: b: orderOf a < orderOf b) winners);
      wrong = filter (d: !type.check d.value) ordered;
    in
    {
      isDefined = ordered != [ ];
      inherit highest;
      definitions = ordered;
      value =
        if ordered == [ ] then
          type.emptyValue or (throw "The option `${showOption loc}' is used but not defined.")
        else if wrong != [ ] then
          throw "A definition for option `${showOption loc}' is not of type `${type.description}'. Definition values:${showDefinitions wrong}"
        else
          type.merge loc ordered;
    };

  # One value wanted, several given: fine while they agree.
  mergeEqual =
    loc: defs:
    let
      first = (head defs).value;
    in
    if all (d: d.value == first) defs then
      first
    else
      throw "The option `${showOption loc}' has conflicting definition values:${showDefinitions defs}\nUse `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";

  mergeOne =
    loc: defs:
    if length defs == 1 then
      (head defs).value
    else
      throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.\n\nDefinition values:${showDefinitions defs}";

in
{
  inherit
    mergeDefinitions
    mergeEqual
    mergeOne
    mkOrder
    mkOverride
    pushDown
    showDefinitions
    ;

  isOption = v: typeOf v == "option";

  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkForce = mkOverride priority.force;
  mkDefault = mkOverride priority.default;
  mkOptionDefault = mkOverride priority.option;
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;
}
