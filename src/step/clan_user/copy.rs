//! A neighbour's instance in the newcomer's name: same shape, same words, other machines, and
//! nothing that is a right.

use super::rewrite::{Rewrite, list};
use super::{Context, Wish};
use crate::fleet::{UsersInstance, prepared_machines};
use crate::nix::{self, Binding, Part, Pattern, Shape, Source, Span, TokenKind};
use crate::step::likeness::says_word;
use crate::step::machine_import::with_aggregates;

/// What of a neighbour's account a newcomer's has, too.
const ACCOUNT: [&str; 5] = ["isNormalUser", "createHome", "home", "shell", "openssh"];
/// Never anybody else's.
const PASSWORDS: [&str; 6] = [
    "password",
    "passwordFile",
    "hashedPassword",
    "hashedPasswordFile",
    "initialPassword",
    "initialHashedPassword",
];
/// What a module of an instance may hold beside the account: what makes its shell and its home.
const BESIDE: [&str; 3] = ["home-manager", "programs", "imports"];

/// `text`, which holds the model's instance, as the newcomer's.
///
/// # Errors
/// A sentence: why that cannot be done without guessing.
pub(super) fn renamed(
    cx: &Context,
    model: &UsersInstance,
    wish: &Wish,
    text: &str,
) -> Result<String, String> {
    let named = in_their_name(cx, model, wish, text);
    let text = without_rights(cx, wish, &named)?;
    let text = with_home(cx, wish, &text)?;
    let text = with_account(wish, &text)?;
    let source = parse(&text)?;
    if let Some(secret) = foreign_secret(&source, wish) {
        return Err(format!("it would keep {secret} of {}", model.user));
    }
    // Whoever has an account alone is no user of the fleet.
    let model_s = Some(model.user.as_str()).filter(|name| says_word(source.text(), name));
    match model_s.or_else(|| cx.another_in(source.text())) {
        Some(other) => Err(format!("what {} gets there is also {other}'s", model.user)),
        None => Ok(text),
    }
}

/// A key or a password hash that is not the newcomer's, wherever it stands.
fn foreign_secret(source: &Source, wish: &Wish) -> Option<&'static str> {
    let strings = nix::tokens(source.text()).into_iter();
    let mut strings = strings.filter(|t| t.kind == TokenKind::StringPart).map(|t| t.text.trim());
    strings.find_map(|text| {
        let is_key = ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| text.starts_with(kind));
        let is_hash = text.starts_with('$') && text.matches('$').count() > 2;
        match (is_key && text.contains(' '), is_hash) {
            (true, _) if !wish.ssh_keys.iter().any(|key| key == text) => Some("a key"),
            (_, true) => Some("a password"),
            _ => None,
        }
    })
}

/// The newcomer's name for an instance called like the model's: `user-zoe` as `user-ada`.
pub(super) fn name_like(model: &UsersInstance, newcomer: &str) -> String {
    match model.name.split_once(model.user.as_str()) {
        Some((before, after)) => format!("{before}{newcomer}{after}"),
        None => format!("user-{newcomer}"),
    }
}

fn in_their_name(cx: &Context, model: &UsersInstance, wish: &Wish, text: &str) -> String {
    let (old, new) = (model.name.as_str(), name_like(model, wish.user));
    let is_it =
        |kind, text: &str| matches!(kind, TokenKind::Code | TokenKind::StringPart) && text == old;
    let attr = nix::attr(&new).unwrap_or_else(|_| new.clone());
    let token = |token: &nix::Token| match token.kind {
        TokenKind::Code if is_it(token.kind, token.text) => attr.clone(),
        TokenKind::StringPart if is_it(token.kind, token.text) => new.clone(),
        _ => token.text.to_owned(),
    };
    let text: String = match old == model.user {
        // Then it is renamed as every mention of them is.
        true => text.to_owned(),
        false => nix::tokens(text).iter().map(token).collect(),
    };
    cx.in_their_name(&text, &model.user)
}

/// The newcomer's machines instead of the model's, and the model's rights and odd settings gone.
fn without_rights(cx: &Context, wish: &Wish, text: &str) -> Result<String, String> {
    let source = parse(text)?;
    let mut rewrite = Rewrite::of(&source);
    machines(cx, wish, &source, &mut rewrite)?;
    groups(wish, &source, &mut rewrite)?;
    for binding in source.bindings() {
        let last = binding.path.last().and_then(Part::name).unwrap_or_default();
        let is_a_right = PASSWORDS.contains(&last) || last == "keyFiles";
        if is_a_right || in_module(binding).is_some_and(|below| !is_carried_over(below)) {
            rewrite.remove(binding.span);
        }
    }
    for item in extra_modules(&source) {
        let text = item.of(source.text());
        if !text.contains("users.users")
            && !text.contains("home-manager.users")
            && says_word(text, wish.user)
        {
            return Err(format!(
                "`{}` is the neighbour's own",
                text.lines().next().unwrap_or(text)
            ));
        }
    }
    Ok(rewrite.done())
}

/// What a home says that another's may say too.
const HOME: [&[&str]; 5] = [
    &["imports"],
    &["home", "username"],
    &["home", "homeDirectory"],
    &["home", "stateVersion"],
    &["programs", "home-manager", "enable"],
];

/// Whether a setting of a module makes somebody a person and gives them no right.
fn is_carried_over(below: &[Part]) -> bool {
    let names: Vec<Option<&str>> = below.iter().map(Part::name).collect();
    match &names[..] {
        [Some("home-manager"), Some("users"), _, home @ ..] => {
            // A module that is written out among a home's imports is like the home itself.
            let own = home.strip_prefix(&[Some("imports")]).unwrap_or(home);
            HOME.iter().any(|may| own.iter().zip(*may).all(|(part, name)| *part == Some(name)))
        }
        [Some("users"), Some("users"), _, Some(field), ..] => ACCOUNT.contains(field),
        [Some("users")] | [Some("users"), Some("users")] | [Some("users"), Some("users"), _] => {
            true
        }
        [Some(first), ..] => BESIDE.contains(first),
        _ => false,
    }
}

/// The parts of a path below `extraModules`, where the binding is the outermost that says so much.
fn in_module(binding: &Binding) -> Option<&[Part]> {
    let at = binding.path.find(&Pattern::new("roles.*.extraModules"))? + 3;
    let below = &binding.path.parts()[at..];
    (!below.is_empty()).then_some(below)
}

fn extra_modules(source: &Source) -> Vec<Span> {
    let pattern = Pattern::new("roles.*.extraModules");
    let lists = source.lists().iter().filter(|list| list.path.ends_with(&pattern));
    lists.flat_map(|list| list.items.iter().map(|item| item.span)).collect()
}

/// Machines and tags of one role.
pub(super) struct Target<'s> {
    pub(super) binding: &'s Binding,
    /// What the binding writes before `machines` or `tags`.
    pub(super) prefix: String,
    pub(super) is_tags: bool,
    /// `machines = { … };`, `tags = [ … ];`, and not `machines.x = { };`.
    pub(super) is_whole: bool,
}

/// The targets in these pieces of the text.
///
/// # Errors
/// An expression makes them.
pub(super) fn targets<'s>(source: &'s Source, pieces: &[Span]) -> Result<Vec<Target<'s>>, String> {
    let mut targets = Vec::new();
    let inside = |binding: &&Binding| pieces.iter().any(|piece| piece.contains(binding.span));
    for binding in source.bindings().iter().filter(inside) {
        for (what, is_tags) in [("machines", false), ("tags", true)] {
            let pattern = Pattern::new(&format!("roles.*.{what}"));
            let Some(at) = binding.path.find(&pattern).map(|at| at + 2) else { continue };
            let outer = binding.path.parts().len() - binding.own;
            if at < outer {
                continue;
            }
            let is_whole = at + 1 == binding.path.parts().len();
            let simple = matches!((binding.shape, is_tags), (Shape::Set, _) | (Shape::List, true));
            if is_whole && !simple {
                return Err(format!("its {what} are computed"));
            }
            let before = binding.path.parts()[outer..at].iter().map(|part| written(part) + ".");
            targets.push(Target { binding, prefix: before.collect(), is_tags, is_whole });
        }
    }
    Ok(targets)
}

fn written(part: &Part) -> String {
    match part {
        Part::Quoted(name) => nix::quote(name).unwrap_or_default(),
        other => nix::attr(other.text()).unwrap_or_default(),
    }
}

/// Everything that said where the model is says where the newcomer is, at the place of the first.
fn machines(
    cx: &Context,
    wish: &Wish,
    source: &Source,
    rewrite: &mut Rewrite<'_>,
) -> Result<(), String> {
    let all = Span::new(0, source.text().len());
    let targets = targets(source, &[all])?;
    let Some(first) = targets.first() else { return Err("it names no machine".to_owned()) };
    let theirs = tags_of(source, &targets);
    let tags = wish.tags(cx, &theirs);
    let named = wish.named(cx, &tags);
    let quoted = targets.iter().filter(|t| !t.is_tags).any(|t| is_quoted(source, t));
    let mut entries = Vec::new();
    for (host, groups) in named {
        entries.push(entry(host, groups, quoted)?);
    }
    let style = |is_tags| targets.iter().find(|t| t.is_tags == is_tags);
    let indent = source.indentation(first.binding.span.start);
    let form = |target: Option<&Target>| match target.filter(|target| target.is_whole) {
        None => Form::EachByItself,
        Some(target) if target.binding.value.of(source.text()).contains('\n') => {
            Form::OnLines(indent)
        }
        Some(_) => Form::OnOneLine,
    };
    let place = format!("{}machines", first.prefix);
    let mut lines = at_targets(&place, &entries, form(style(false)));
    if let Some(tagged) = style(true) {
        let names: Result<Vec<_>, _> = tags.iter().map(|tag| nix::quote(tag)).collect();
        let names = names.map_err(|e| e.to_string())?;
        let place = format!("{}tags", first.prefix);
        if tagged.binding.shape == Shape::List && tagged.is_whole && !names.is_empty() {
            lines.push(format!("{place} = {};", list(&names, None)));
        } else {
            let entry = |tag: &String| nix::attr(tag).map(|tag| format!("{tag} = {{ }};"));
            let entries: Result<Vec<_>, _> = tags.iter().map(entry).collect();
            let entries = entries.map_err(|e| e.to_string())?;
            lines.extend(at_targets(&place, &entries, form(Some(tagged))));
        }
    }
    for target in &targets[1..] {
        rewrite.remove(target.binding.span);
    }
    rewrite.uncomment(first.binding.span);
    let on_lines = source.text()[..first.binding.span.start].trim_end_matches(' ').ends_with('\n');
    let between = if on_lines { format!("\n{indent}") } else { " ".to_owned() };
    rewrite.replace(first.binding.span, lines.join(&between));
    for prepared in prepared_machines(source, all) {
        let end = source.text()[prepared.mark.end..].find('\n').unwrap_or_default();
        rewrite.remove(Span::new(prepared.mark.start, prepared.mark.end + end));
    }
    Ok(())
}

/// `NAME = { settings.groups = [ … ]; };`, in quotes where the others there are.
pub(super) fn entry(host: &str, groups: &[String], quoted: bool) -> Result<String, String> {
    let name = if quoted { nix::quote(host) } else { nix::attr(host) };
    let name = name.map_err(|e| e.to_string())?;
    Ok(format!("{name} = {};", groups_set(groups)?))
}

/// What a machine's entry says of the groups that the person has there alone.
pub(super) fn groups_set(groups: &[String]) -> Result<String, String> {
    let groups: Result<Vec<_>, _> = groups.iter().map(|group| nix::quote(group)).collect();
    Ok(match groups.map_err(|e| e.to_string())? {
        none if none.is_empty() => "{ }".to_owned(),
        groups => format!("{{ settings.groups = {}; }}", list(&groups, None)),
    })
}

/// How the machines of a role, or its tags, are written.
enum Form<'s> {
    /// `machines.x = { };`
    EachByItself,
    /// `machines = { x = { }; };`
    OnOneLine,
    /// The same with a line each, below this indentation.
    OnLines(&'s str),
}

fn at_targets(place: &str, entries: &[String], form: Form<'_>) -> Vec<String> {
    match form {
        _ if entries.is_empty() => Vec::new(),
        Form::EachByItself => entries.iter().map(|entry| format!("{place}.{entry}")).collect(),
        Form::OnOneLine => vec![format!("{place} = {{ {} }};", entries.join(" "))],
        Form::OnLines(indent) => {
            let body: String = entries.iter().map(|entry| format!("\n{indent}  {entry}")).collect();
            vec![format!("{place} = {{{body}\n{indent}}};")]
        }
    }
}

fn tags_of(source: &Source, targets: &[Target<'_>]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for target in targets.iter().filter(|target| target.is_tags) {
        let pattern = Pattern::new("roles.*.tags");
        let inside = source.bindings().iter().filter(|b| target.binding.span.contains(b.span));
        tags.extend(inside.filter_map(|b| Some(b.path.after(&pattern)?.name()?.to_owned())));
        if let Some(nix::Literal::List(items)) = source.literal(target.binding.value) {
            tags.extend(items.iter().filter_map(|item| item.text().map(str::to_owned)));
        }
    }
    tags
}

pub(super) fn is_quoted(source: &Source, target: &Target<'_>) -> bool {
    let pattern = Pattern::new("roles.*.machines");
    let mut inside = source.bindings().iter().filter(|b| target.binding.span.contains(b.span));
    inside.any(|b| matches!(b.path.after(&pattern), Some(Part::Quoted(_))))
}

/// The decided groups instead of the model's.
fn groups(wish: &Wish, source: &Source, rewrite: &mut Rewrite<'_>) -> Result<(), String> {
    let groups: Result<Vec<_>, _> = wish.groups.iter().map(|group| nix::quote(group)).collect();
    let groups = groups.map_err(|e| e.to_string())?;
    let mut there = source.find("settings.groups").filter(|b| in_module(b).is_none()).peekable();
    if there.peek().is_none() && !groups.is_empty() {
        let user = source.find("settings.user").next().ok_or("it has no settings to copy")?;
        let parts = user.written();
        let before = parts[..parts.len() - 1].iter().map(|part| written(part) + ".");
        let place = before.collect::<String>() + "groups";
        rewrite.below(user, &[format!("{place} = {};", list(&groups, None))]);
    }
    for binding in there {
        let on_lines = binding.value.of(source.text()).contains('\n') || groups.len() > 1;
        let indent = source.indentation(binding.span.start);
        rewrite.replace(binding.value, list(&groups, on_lines.then_some(indent)));
    }
    Ok(())
}

/// The newcomer's feature sets in the home that comes with the instance.
fn with_home(cx: &Context, wish: &Wish, text: &str) -> Result<String, String> {
    let source = parse(text)?;
    let home = Pattern::exact(&["home-manager", "users", wish.user]);
    let imports = Pattern::exact(&["home-manager", "users", wish.user, "imports"]);
    let of_home = source.bindings().iter().find(|b| b.path.ends_with(&home));
    let of_home = of_home.or_else(|| source.bindings().iter().find(|b| b.path.ends_with(&imports)));
    let Some(binding) = of_home else { return Ok(text.to_owned()) };
    let mut rewrite = Rewrite::of(&source);
    rewrite.replace(binding.value, with_aggregates(cx, binding.value.of(text))?);
    Ok(rewrite.done())
}

/// The newcomer's keys and what was decided about their account.
fn with_account(wish: &Wish, text: &str) -> Result<String, String> {
    let source = parse(text)?;
    let mut added =
        Added { rewrite: Rewrite::of(&source), account: Vec::new(), beside: Vec::new() };
    if let Some(uid) = wish.uid {
        added.account.push(("uid", uid.to_string()));
    }
    keys(wish, &source, &mut added)?;
    shell(wish, &source, &mut added)?;
    added.done(wish, &source)
}

/// What a module says of the newcomer beyond what the model's says of the model.
struct Added<'s> {
    rewrite: Rewrite<'s>,
    /// Settings of the account, each with its value.
    account: Vec<(&'static str, String)>,
    /// Whole bindings.
    beside: Vec<String>,
}

impl Added<'_> {
    /// Puts everything where the module speaks of the account, else of the home.
    fn done(mut self, wish: &Wish, source: &Source) -> Result<String, String> {
        let user = nix::attr(wish.user).map_err(|e| e.to_string())?;
        let is_outermost = |b: &&Binding| in_module(b).is_some_and(|below| below.len() == b.own);
        let stays = |b: &&Binding| {
            let text = b.span.of(source.text());
            !["authorizedKeys.", "programs."].iter().any(|word| text.contains(word))
        };
        // `users.users.zoe = { shell = …; };` takes it inside.
        let shell = Pattern::exact(&["users", "users", wish.user, "shell"]);
        let inside = source.bindings().iter().find(|b| b.path.ends_with(&shell) && b.own == 1);
        if let Some(shell) = inside.filter(|_| !self.account.is_empty()) {
            let fields = std::mem::take(&mut self.account).into_iter();
            let fields = fields.map(|(field, value)| format!("{field} = {value};"));
            self.rewrite.below(shell, &fields.collect::<Vec<_>>());
        }
        let fields = self.account.iter();
        let lines = fields.map(|(field, value)| format!("users.users.{user}.{field} = {value};"));
        let lines: Vec<String> = lines.chain(self.beside).collect();
        if !lines.is_empty() {
            let place = source.bindings().iter().filter(is_outermost).find(stays);
            let place = place.ok_or("it has no module of its own for the account")?;
            self.rewrite.below(place, &lines);
        }
        Ok(self.rewrite.done())
    }
}

fn keys(wish: &Wish, source: &Source, added: &mut Added<'_>) -> Result<(), String> {
    let keys: Result<Vec<_>, _> = wish.ssh_keys.iter().map(|key| nix::quote(key)).collect();
    let keys = keys.map_err(|e| e.to_string())?;
    let of_account = source.find("openssh.authorizedKeys.keys");
    let of_settings =
        source.find("settings.openssh.authorizedKeys").filter(|b| b.shape != Shape::Set);
    let mut there = of_account.chain(of_settings).peekable();
    if there.peek().is_none() && !keys.is_empty() {
        added.account.push(("openssh.authorizedKeys.keys", list(&keys, None)));
    }
    for binding in there {
        if keys.is_empty() {
            added.rewrite.remove(binding.span);
        } else {
            let on_lines = binding.value.of(source.text()).contains('\n') || keys.len() > 1;
            let indent = source.indentation(binding.span.start);
            added.rewrite.uncomment(binding.span);
            added.rewrite.replace(binding.value, list(&keys, on_lines.then_some(indent)));
        }
    }
    Ok(())
}

/// The decided shell, with what the machine needs so that it is a login shell there.
fn shell(wish: &Wish, source: &Source, added: &mut Added<'_>) -> Result<(), String> {
    let Some(shell) = wish.shell else { return Ok(()) };
    let name = nix::attr(shell).map_err(|e| e.to_string())?;
    let pattern = Pattern::exact(&["users", "users", wish.user, "shell"]);
    match source.bindings().iter().find(|b| b.path.ends_with(&pattern)) {
        Some(theirs) => {
            let text = theirs.value.of(source.text());
            let old = text.strip_prefix("pkgs.").ok_or("its shell is no package by name")?;
            if old == shell {
                return Ok(());
            }
            added.rewrite.replace(theirs.value, format!("pkgs.{name}"));
            let enable = Pattern::exact(&["programs", old, "enable"]);
            for binding in source.bindings().iter().filter(|b| b.path.ends_with(&enable)) {
                added.rewrite.remove(binding.span);
            }
        }
        None if !source.text().contains("pkgs,") => {
            return Err("its module has no `pkgs`".to_owned());
        }
        None => added.account.push(("shell", format!("pkgs.{name}"))),
    }
    if is_enabled(shell) {
        added.beside.push(format!("programs.{name}.enable = true;"));
    }
    Ok(())
}

/// Shells that NixOS and nix-darwin have to be told of, so that they are set up for logins.
pub(super) fn is_enabled(shell: &str) -> bool {
    matches!(shell, "zsh" | "fish")
}

fn parse(text: &str) -> Result<Source, String> {
    Source::parse(text).map_err(|e| e.to_string())
}
