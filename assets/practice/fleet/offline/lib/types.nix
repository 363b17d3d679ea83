# Option types. A type says which values it takes (`check`), how several definitions become one
# (`merge`), what no definition at all means (`emptyValue`) and what people call it (`description`).
{ lib }:
let
  inherit (builtins)
    all
    concatMap
    elem
    filter
    isAttrs
    isBool
    isFunction
    isInt
    isList
    isPath
    isString
    mapAttrs
    zipAttrsWith
    ;
  inherit (lib)
    imap1
    mergeDefinitions
    mergeEqual
    mergeOne
    ;

  mkType =
    {
      description,
      check,
      merge ? mergeEqual,
      ...
    }@type:
    type // { inherit merge; };

  # One attribute of several definitions of a set: [ { file, value } ] for each name.
  byName =
    defs: zipAttrsWith (_: found: found) (map (d: mapAttrs (_: v: d // { value = v; }) d.value) defs);

  attrsOfWith =
    lazy: element:
    mkType {
      description = "attribute set of ${element.description}";
      check = isAttrs;
      emptyValue = { };
      merge =
        loc: defs:
        let
          merged = mapAttrs (name: found: mergeDefinitions (loc ++ [ name ]) element found) (byName defs);
          # A name whose only definitions are `mkIf false` is absent. To know that, the conditions
          # must be decided; a lazy set keeps such a name, so that its conditions may look at the
          # set itself.
          present = if lazy then merged else lib.filterAttrs (_: m: m.isDefined) merged;
        in
        mapAttrs (_: m: m.value) present;
    };

  submoduleWith =
    {
      modules,
      specialArgs ? { },
      description ? "submodule",
    }:
    mkType {
      inherit description;
      check = v: isAttrs v || isFunction v || isPath v;
      merge =
        loc: defs:
        (lib.evalModules {
          inherit specialArgs;
          prefix = loc;
          modules = [
            { _module.args.name = lib.last loc; }
          ]
          ++ modules
          ++ map (d: lib.locate d.file d.value) defs;
        }).config;
    };
in
rec {
  inherit mkType submoduleWith;

  raw = mkType {
    description = "raw value";
    check = _: true;
    merge = mergeOne;
  };

  bool = mkType {
    description = "boolean";
    check = isBool;
  };

  int = mkType {
    description = "signed integer";
    check = isInt;
  };

  str = mkType {
    description = "string";
    check = isString;
  };

  singleLineStr = mkType {
    description = "string of one line";
    check = v: isString v && builtins.match "[^\n\t]*" v != null;
  };

  # Concatenated with a newline between, where `str` would call two definitions a conflict.
  lines = mkType {
    description = "strings concatenated with \"\\n\"";
    check = isString;
    merge = _: defs: lib.concatMapStringsSep "\n" (d: d.value) defs;
  };

  path = mkType {
    description = "absolute path";
    check = v: lib.isStringLike v && lib.hasPrefix "/" (toString v);
  };

  package = mkType {
    description = "package";
    check = v: isAttrs v && v.type or null == "derivation";
  };

  enum =
    values:
    mkType {
      description = "one of ${lib.concatMapStringsSep ", " lib.showValue values}";
      check = v: elem v values;
    };

  nullOr =
    type:
    mkType {
      description = "null or ${type.description}";
      check = v: v == null || type.check v;
      emptyValue = type.emptyValue or null;
      merge =
        loc: defs:
        if all (d: d.value == null) defs then
          null
        else if all (d: d.value != null) defs then
          type.merge loc defs
        else
          mergeEqual loc defs;
    };

  either =
    a: b:
    mkType {
      description = "${a.description} or ${b.description}";
      check = v: a.check v || b.check v;
      merge = loc: defs: if all (d: a.check d.value) defs then a.merge loc defs else b.merge loc defs;
    };

  listOf =
    element:
    mkType {
      description = "list of ${element.description}";
      check = isList;
      emptyValue = [ ];
      merge =
        loc: defs:
        let
          merged =
            number: d:
            imap1 (
              entry: v:
              mergeDefinitions (loc ++ [ "[definition ${toString number}-entry ${toString entry}]" ]) element [
                (d // { value = v; })
              ]
            ) d.value;
        in
        map (m: m.value) (filter (m: m.isDefined) (builtins.concatLists (imap1 merged defs)));
    };

  attrsOf = attrsOfWith false;
  lazyAttrsOf = attrsOfWith true;

  # Nothing inside is merged: of several definitions of a name the last one holds.
  attrs = mkType {
    description = "attribute set";
    check = isAttrs;
    emptyValue = { };
    merge = _: defs: builtins.foldl' (all: def: all // def.value) { } defs;
  };

  submodule =
    module:
    submoduleWith {
      modules = [ module ];
    };

  # A module kept as it is, to be evaluated somewhere else. Several definitions become one module
  # that imports them all; the place they come from travels along, for messages.
  deferredModule = mkType {
    description = "module";
    check = v: isAttrs v || isFunction v || isPath v;
    merge = loc: defs: {
      # A user module and a machine may both import one feature: it counts once.
      key = lib.showOption loc;
      imports = map (d: lib.locate "${d.file}, via option ${lib.showOption loc}" d.value) defs;
    };
  };

  # Free-form settings: sets are merged name by name, with priorities, all the way down.
  anything = mkType {
    description = "anything";
    check = _: true;
    merge =
      loc: defs:
      if all (d: isAttrs d.value && d.value.type or null != "derivation") defs then
        (attrsOf anything).merge loc defs
      else if all (d: isList d.value) defs then
        concatMap (d: d.value) defs
      else
        mergeEqual loc defs;
  };
}
