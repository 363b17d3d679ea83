# The part of nixpkgs' `lib` that this fleet's modules use, under the same names.
let
  inherit (builtins)
    attrNames
    concatLists
    concatStringsSep
    elemAt
    filter
    genList
    head
    isAttrs
    isBool
    isFloat
    isFunction
    isInt
    isList
    isPath
    isString
    length
    listToAttrs
    mapAttrs
    match
    replaceStrings
    stringLength
    substring
    tail
    toJSON
    ;

  plain = rec {
    inherit (builtins) concatMap concatStringsSep mapAttrs;

    # Lists
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    last = list: elemAt list (length list - 1);
    imap1 = f: list: genList (n: f (n + 1) (elemAt list n)) (length list);

    # Sets
    nameValuePair = name: value: { inherit name value; };
    genAttrs = names: f: listToAttrs (map (n: nameValuePair n (f n)) names);
    filterAttrs =
      keep: set:
      listToAttrs (
        concatLists (map (n: optional (keep n set.${n}) (nameValuePair n set.${n})) (attrNames set))
      );
    mapAttrsToList = f: set: map (n: f n set.${n}) (attrNames set);
    mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
    getPath = path: set: builtins.foldl' (at: name: at.${name}) set path;
    setPath = path: value: if path == [ ] then value else { ${head path} = setPath (tail path) value; };

    # Strings
    optionalString = condition: text: if condition then text else "";
    concatMapStringsSep =
      separator: f: list:
      concatStringsSep separator (map f list);
    concatMapStrings = concatMapStringsSep "";
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    hasSuffix =
      suffix: text:
      let
        from = stringLength text - stringLength suffix;
      in
      from >= 0 && substring from (-1) text == suffix;
    removePrefix =
      prefix: text: if hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
    escapeShellArg = v: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString v)}'";
    # `text` with everything replaced that a store name may not contain, and not too long for one.
    storeName =
      text:
      concatMapStrings (
        n:
        let
          c = substring n 1 text;
        in
        if match "[a-zA-Z0-9._+-]" c != null then c else "-"
      ) (genList (n: n) (if stringLength text < 100 then stringLength text else 100));
    isStringLike = v: isString v || isPath v || (isAttrs v && (v ? outPath || v ? __toString));

    # Messages
    # A dotted option path, with the names that are no identifiers in quotes: users."zoe.smith".home
    showOption =
      path:
      concatMapStringsSep "." (
        name: if match "[a-zA-Z_][a-zA-Z0-9_'-]*|\\[.*]" name != null then name else toJSON name
      ) path;

    # A value in a message: short, and never deeper than needed, because looking into a value can
    # fail or never end.
    showValue =
      value:
      let
        seen = builtins.tryEval value;
        v = seen.value;
        simple = x: isString x || isInt x || isFloat x || isBool x || x == null;
      in
      if !seen.success then
        "<error>"
      else if simple v then
        toJSON v
      else if isPath v then
        toString v
      else if isFunction v then
        "<function>"
      else if isList v then
        if v == [ ] then "[ ]" else "[ ${toString (length v)} elements ]"
      else if v.type or null == "derivation" then
        "<derivation ${v.name or "?"}>"
      else if v == { } then
        "{ }"
      else
        "{ ${concatStringsSep "; " (attrNames v)} }";

    # `builtins.warn` came with Nix 2.23.
    warn = builtins.warn or (text: builtins.trace "evaluation warning: ${text}");

    # Shows warnings and refuses failed assertions, as home-manager and the machines do for a whole
    # configuration at once.
    checked =
      config:
      let
        failed = filter (a: !a.assertion) config.assertions;
        refusal = throw "\nFailed assertions:${concatMapStrings (a: "\n- ${a.message}") failed}";
      in
      if failed != [ ] then
        refusal
      else
        builtins.foldl' (rest: text: warn text rest) config config.warnings;
  };

  # The parts use each other through the whole that they make up; laziness allows it.
  part = file: import file { inherit lib; };
  lib = plain // part ./properties.nix // part ./modules.nix // { types = part ./types.nix; };
in
lib
