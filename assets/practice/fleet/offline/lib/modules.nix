# The module evaluator: what `lib.evalModules` is in nixpkgs, in the size that a practice needs.
#
# A fleet's text must mean here what it means with the real thing, so the rules are the same: modules
# are functions, sets or paths; `imports` is followed; definitions are merged by type and priority;
# an option that nobody declared, a value of the wrong type and two values that contradict each
# other are errors, worded as nixpkgs words them because people search for those words.
#
# Everything is lazy on purpose. A module receives the finished `config` as an argument, so looking
# at an option's value while the options are still being collected would never end.
{ lib }:
let
  inherit (builtins)
    addErrorContext
    any
    attrNames
    attrValues
    concatMap
    functionArgs
    head
    isAttrs
    isFunction
    isPath
    isString
    length
    mapAttrs
    removeAttrs
    zipAttrsWith
    ;
  inherit (lib)
    imap1
    isOption
    mergeDefinitions
    optional
    pushDown
    showDefinitions
    showOption
    ;

  # The attributes that say something about a module and are not configuration.
  moduleKeys = [
    "_class"
    "_file"
    "_type"
    "disabledModules"
    "imports"
    "key"
  ];

  # One module in one form: { key, file, imports, options, config }.
  # `key` is what makes a module that is imported twice count once. Only paths and modules that name
  # a key have a lasting one; anything else is told apart by the place it was found in.
  normalise =
    args: parent: index: module:
    let
      fromPath = isPath module || (isString module && lib.hasPrefix "/" module);
      written = if fromPath then import module else module;
      whereFrom = if fromPath then toString module else parent.file;
      applied = if isFunction written then applyModule args whereFrom written else written;
      file = toString (applied._file or whereFrom);
      structured = applied ? config || applied ? options;
      stray = attrNames (
        removeAttrs applied (
          moduleKeys
          ++ [
            "config"
            "options"
          ]
        )
      );
    in
    if !isAttrs applied then
      throw "Module `${whereFrom}' must be a function, a set or a path, but is ${lib.showValue applied}."
    else if structured && stray != [ ] then
      throw "Module `${file}' has an unsupported attribute `${head stray}'. This is caused by introducing a top-level `config' or `options' attribute. Add configuration attributes immediately on the top level instead, or move all of them (namely: ${lib.concatStringsSep " " stray}) into the explicit `config' attribute."
    else
      {
        inherit file;
        key = if fromPath then toString module else applied.key or "${parent.key}:anon-${toString index}";
        imports = applied.imports or [ ];
        options = applied.options or { };
        config = if structured then applied.config or { } else removeAttrs applied moduleKeys;
      };

  # Calls a module with exactly the arguments it names. The names are looked up one by one and late:
  # an argument that comes from `_module.args` depends on `config`, which depends on this module.
  applyModule =
    args: file: module:
    let
      wanted = functionArgs module;
      # An argument with a default is left to it unless we surely have it; asking
      # `_module.args` whether it exists would need the configuration first.
      given = lib.filterAttrs (name: hasDefault: !hasDefault || args.special ? ${name}) wanted;
      argument =
        name: _:
        addErrorContext "while evaluating the module argument `${name}' in `${file}':" (
          args.special.${name} or args.late.${name}
        );
    in
    module (if wanted == { } then args.special else mapAttrs argument given);

  collect =
    args: modules:
    let
      root = {
        key = "";
        file = "<unknown-file>";
        imports = modules;
      };
      children = parent: imap1 (normalise args parent) parent.imports;
    in
    builtins.genericClosure {
      startSet = children root;
      operator = children;
    };

  evalOption =
    loc: declaration: defs:
    let
      option = declaration.options;
      default = optional (option ? default) {
        inherit (declaration) file;
        value = lib.mkOptionDefault option.default;
      };
      own = mergeDefinitions loc option.type defs;
      merged = mergeDefinitions loc option.type (defs ++ default);
      value =
        if option.readOnly or false && length own.definitions > 1 then
          throw "The option `${showOption loc}' is read-only, but it's set multiple times. Definition values:${showDefinitions own.definitions}"
        else
          (option.apply or (v: v)) merged.value;
    in
    {
      isLeaf = true;
      config = addErrorContext "while evaluating the option `${showOption loc}':" value;
      options = option // {
        inherit loc value;
        inherit (own) isDefined;
        highestPrio = merged.highest;
        files = map (d: d.file) own.definitions;
        definitions = map (d: d.value) own.definitions;
      };
      undeclared = [ ];
    };

  # Walks declarations and definitions side by side, one attribute name at a time.
  # `declarations`: [ { file, options } ], `defs`: [ { file, value } ].
  mergeTree =
    loc: declarations: defs:
    let
      byName =
        field: entries:
        zipAttrsWith (_: found: found) (
          map (e: mapAttrs (_: v: e // { ${field} = v; }) (requireSet loc e field)) entries
        );
      declared = byName "options" declarations;
      defined = byName "value" (concatMap pushDown defs);
      nodes = mapAttrs (
        name: here:
        let
          at = loc ++ [ name ];
          values = defined.${name} or [ ];
        in
        if !any (d: isOption d.options) here then
          mergeTree at here values
        else if length here > 1 then
          throw "The option `${showOption at}' in `${(head here).file}' is already declared in `${(lib.last here).file}'."
        else
          evalOption at (head here) values
      ) declared;
    in
    {
      isLeaf = false;
      config = mapAttrs (_: n: n.config) nodes;
      options = mapAttrs (_: n: n.options) nodes;
      undeclared =
        attrValues (
          mapAttrs (name: values: {
            loc = loc ++ [ name ];
            inherit values;
          }) (removeAttrs defined (attrNames declared))
        )
        ++ concatMap (n: n.undeclared) (attrValues nodes);
    };

  requireSet =
    loc: entry: field:
    if isAttrs entry.${field} then
      entry.${field}
    else
      throw "`${showOption loc}' is a group of options, but `${entry.file}' defines it as ${lib.showValue entry.${field}}.";

  # { modules, specialArgs ? { }, prefix ? [ ] } -> { config, options }
  #
  # `specialArgs` are known before any module is read and may therefore be used in `imports`;
  # `_module.args` are themselves configuration and may not.
  evalModules =
    {
      modules,
      specialArgs ? { },
      prefix ? [ ],
    }:
    let
      argsModule = {
        _file = "the module evaluator";
        key = "the module evaluator";
        options._module.args = lib.mkOption {
          type = lib.types.lazyAttrsOf lib.types.raw;
          default = { };
        };
      };
      found = collect {
        special = {
          inherit lib;
          inherit (tree) config options;
        }
        // specialArgs;
        late = tree.config._module.args;
      } ([ argsModule ] ++ modules);
      tree = mergeTree prefix (map (m: { inherit (m) file options; }) found) (
        map (m: {
          inherit (m) file;
          value = m.config;
        }) found
      );
      stray = head tree.undeclared;
    in
    {
      inherit (tree) options;
      config =
        if tree.undeclared == [ ] then
          removeAttrs tree.config [ "_module" ]
        else
          throw "The option `${showOption stray.loc}' does not exist. Definition values:${showDefinitions stray.values}";
    };
in
{
  inherit evalModules;

  mkOption = option: option // { _type = "option"; };
  mkEnableOption =
    what:
    lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether to enable ${what}.";
    };

  # Names the file of a module that has none of its own, for the messages above.
  locate = file: module: {
    _file = file;
    imports = [ module ];
  };

  # A module that keeps an old option alive: what is set there goes to the new place, with a warning.
  mkRenamedOptionModule =
    from: to:
    { config, options, ... }:
    let
      old = lib.getPath from options;
    in
    {
      options = lib.setPath from (
        lib.mkOption {
          type = lib.types.anything;
          description = "Alias of `${showOption to}'.";
        }
      );
      config = lib.mkIf old.isDefined (
        lib.mkMerge [
          (lib.setPath to (lib.mkOverride old.highestPrio (lib.getPath from config)))
          {
            warnings = [
              "The option `${showOption from}' defined in ${
                lib.concatMapStringsSep ", " (f: "`${f}'") old.files
              } has been renamed to `${showOption to}'."
            ];
          }
        ]
      );
    };
}
