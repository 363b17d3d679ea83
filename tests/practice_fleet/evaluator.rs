//! The module evaluator by itself: one line a rule, each with what nixpkgs' own gives.

use std::process::Command;

use crate::embedded;

/// Options that the cases below define; `values` is the module's text.
fn evaluate(values: &str) -> Result<serde_json::Value, String> {
    let expression = format!(
        r#"let
          lib = import {}/offline/lib;
          inherit (lib) mkOption types;
          option = type: mkOption {{ inherit type; }};
          with' = default: type: mkOption {{ inherit type default; }};
          options = {{
            s = with' "default" types.str;
            n = option types.int;
            on = with' false types.bool;
            list = option (types.listOf types.str);
            text = option types.lines;
            maybe = option (types.nullOr types.str);
            colour = option (types.enum [ "red" "blue" ]);
            set = option (types.attrsOf types.str);
            any = option types.anything;
            sub = option (types.attrsOf (types.submodule (
              {{ name, config, ... }}: {{
                options.name = with' name types.str;
                options.twice = with' "${{config.name}}${{config.name}}" types.str;
              }}
            )));
            group.inner = with' 1 types.int;
          }};
          evaluated = lib.evalModules {{ modules = [ {{ inherit options; }} ] ++ {values}; }};
        in
        builtins.removeAttrs evaluated.config [ "_" ]"#,
        embedded().display()
    );
    let said = Command::new("nix-instantiate")
        .args([
            "--eval",
            "--strict",
            "--json",
            "-E",
            &format!("let c = ({expression}); in c.result or c"),
        ])
        .output()
        .expect("nix-instantiate must be on PATH");
    if said.status.success() {
        Ok(serde_json::from_slice(&said.stdout).expect("nix prints JSON"))
    } else {
        Err(String::from_utf8_lossy(&said.stderr).into_owned())
    }
}

/// Evaluates modules and gives the options named in `shown`, separated by blanks.
fn shown(shown: &str, modules: &str) -> String {
    // The result is an option of its own, so that options without a value need not be looked at.
    let result = format!(
        r#"[ ({{ config, lib, ... }}: {{
            options.result = lib.mkOption {{ type = lib.types.raw; }};
            config.result = {{ inherit (config) {shown}; }};
        }}) ] ++ {modules}"#
    );
    match evaluate(&result) {
        Ok(value) => value.to_string(),
        Err(said) => said,
    }
}

#[test]
fn definitions_are_merged_as_in_nixpkgs() {
    for (options, modules, expected) in [
        ("s", "[ ]", r#"{"s":"default"}"#),
        ("s", r#"[ { s = "a"; } { s = "a"; } ]"#, r#"{"s":"a"}"#),
        ("s", r#"[ { s = lib.mkDefault "a"; } { s = "b"; } ]"#, r#"{"s":"b"}"#),
        ("s", r#"[ { s = lib.mkForce "a"; } { s = "b"; } ]"#, r#"{"s":"a"}"#),
        ("s", r#"[ { s = lib.mkOverride 10 "a"; } { s = lib.mkForce "b"; } ]"#, r#"{"s":"a"}"#),
        ("s", r#"[ { s = lib.mkIf false "a"; } ]"#, r#"{"s":"default"}"#),
        ("s", r#"[ { s = lib.mkIf true (lib.mkForce "a"); } { s = "b"; } ]"#, r#"{"s":"a"}"#),
        ("list", r#"[ { list = [ "a" ]; } { list = [ "b" ]; } ]"#, r#"{"list":["a","b"]}"#),
        (
            "list",
            r#"[ { list = lib.mkAfter [ "z" ]; } { list = [ "b" ]; } { list = lib.mkBefore [ "a" ]; } ]"#,
            r#"{"list":["a","b","z"]}"#,
        ),
        ("list", r#"[ { list = lib.mkForce [ ]; } { list = [ "b" ]; } ]"#, r#"{"list":[]}"#),
        ("list", r#"[ { list = [ (lib.mkIf false "a") "b" ]; } ]"#, r#"{"list":["b"]}"#),
        ("list set sub", "[ ]", r#"{"list":[],"set":{},"sub":{}}"#),
        ("text", r#"[ { text = "a"; } { text = "b"; } ]"#, r#"{"text":"a\nb"}"#),
        ("maybe", "[ ]", r#"{"maybe":null}"#),
        ("maybe", r#"[ { maybe = "a"; } ]"#, r#"{"maybe":"a"}"#),
        ("set", r#"[ { set.a = "1"; } { set = { b = "2"; }; } ]"#, r#"{"set":{"a":"1","b":"2"}}"#),
        ("set", r#"[ { set.a = lib.mkIf false "1"; } ]"#, r#"{"set":{}}"#),
        (
            "set",
            r#"[ { set.a = "1"; } { set = lib.mkForce { b = "2"; }; } ]"#,
            r#"{"set":{"b":"2"}}"#,
        ),
        (
            "any",
            r#"[ { any.user.name = lib.mkDefault "a"; any.n = [ 1 ]; } { any.user.name = "b"; any.n = [ 2 ]; } ]"#,
            r#"{"any":{"n":[1,2],"user":{"name":"b"}}}"#,
        ),
        ("sub", r#"[ { sub.a = { }; } ]"#, r#"{"sub":{"a":{"name":"a","twice":"aa"}}}"#),
        (
            "sub",
            r#"[ { sub.a.name = "x"; } { sub.a = { lib, ... }: { twice = lib.mkForce "y"; }; } ]"#,
            r#"{"sub":{"a":{"name":"x","twice":"y"}}}"#,
        ),
        // A default that does not count is not looked at.
        ("s", r#"[ { s = lib.mkDefault (throw "looked at"); } { s = "a"; } ]"#, r#"{"s":"a"}"#),
        (
            "group",
            "[ { config = lib.mkIf true { group.inner = 2; }; } ]",
            r#"{"group":{"inner":2}}"#,
        ),
        ("group", "[ { group = lib.mkMerge [ { inner = 2; } ]; } ]", r#"{"group":{"inner":2}}"#),
        // A condition may look at the configuration that it is part of.
        (
            "s",
            r#"[ ({ config, ... }: { config = lib.mkIf config.on { s = "a"; }; }) { on = true; } ]"#,
            r#"{"s":"a"}"#,
        ),
        // Arguments that come from the configuration; imports of sets and functions.
        ("s", r#"[ ({ word, ... }: { s = word; }) { _module.args.word = "a"; } ]"#, r#"{"s":"a"}"#),
        ("s", r#"[ ({ word ? "left to it", ... }: { s = word; }) ]"#, r#"{"s":"left to it"}"#),
        (
            "s",
            r#"[ { imports = [ { imports = [ ({ lib, ... }: { s = "deep"; }) ]; } ]; } ]"#,
            r#"{"s":"deep"}"#,
        ),
        (
            "list",
            r#"(let twice = { key = "k"; list = [ "once" ]; }; in [ { imports = [ twice ]; } { imports = [ twice ]; } ])"#,
            r#"{"list":["once"]}"#,
        ),
    ] {
        let got = shown(options, modules);
        assert_eq!(got, expected, "{modules}");
    }
}

#[test]
fn contradictions_and_mistakes_are_refused() {
    for (options, modules, words) in [
        (
            "s",
            r#"[ { s = "a"; } { s = "b"; } ]"#,
            "The option `s' has conflicting definition values:",
        ),
        ("s", r#"[ { _file = "x.nix"; s = 1; } ]"#, "- In `x.nix': 1"),
        ("n", "[ ]", "The option `n' is used but not defined."),
        ("colour", r#"[ { colour = "green"; } ]"#, r#"is not of type `one of "red", "blue"'"#),
        ("s", r#"[ { group.outer = 1; } ]"#, "The option `group.outer' does not exist."),
        ("s", r#"[ { "a b".c = 1; } ]"#, r#"The option `"a b"' does not exist."#),
        ("sub", r#"[ { sub.a.nam = "x"; } ]"#, "The option `sub.a.nam' does not exist."),
        ("s", r#"[ { s = lib.mkIf "yes" "a"; } ]"#, "a condition that is not a boolean"),
        ("s", r#"[ { options.s = 1; config = { }; s = 1; } ]"#, "unsupported attribute `s'"),
        ("s", r#"[ { options.s = lib.mkOption { }; } ]"#, "The option `s' in"),
        ("s", r#"[ 7 ]"#, "must be a function, a set or a path, but is 7"),
        ("s", r#"[ ({ word, ... }: { s = word; }) ]"#, "attribute 'word' missing"),
    ] {
        let said = shown(options, modules);
        assert!(said.contains(words), "{modules} gives:\n{said}");
    }
}
