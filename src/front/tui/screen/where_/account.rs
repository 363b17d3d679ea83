//! Somebody's account on the highlighted machine: how their home is put in place there, and what
//! is typed of the account.

use ratatui::crossterm::event::KeyEvent;

use super::{Part, Where, is_oneself};
use crate::answers::Mode;
use crate::front::tui::field::Field;
use crate::front::tui::key::Press;
use crate::front::tui::screen::{Cx, Effect, Focus, Help, Notice, sentence};
use crate::question::{
    AccountField, AccountRow, Choice, Reply, account_on, in_mode, same_for_all, with_field,
};

/// Text that is typed for one field.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    machine: String,
    of: AccountField,
    pub(super) text: Field,
}

/// The fleet's word for it.
pub(super) fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Standalone => "standalone",
        Mode::Integrated => "integrated",
    }
}

/// The ways in the order in which they stand: what administrators mostly take comes first.
pub(super) const WAYS: [Mode; 2] = [Mode::Integrated, Mode::Standalone];

impl Where {
    pub(super) fn parts_of_somebody(&self, cx: &Cx) -> Vec<Part> {
        let mut parts = vec![Part::Machines, Part::Home];
        let Some((row, true)) = self.account(cx) else { return parts };
        if self.chosen(cx) > 1 {
            parts.push(Part::Same);
        }
        let fields = AccountField::EACH.into_iter().filter(|field| is_written(*field, &row));
        parts.extend(fields.map(Part::Field));
        parts
    }

    pub(super) fn chosen(&self, cx: &Cx) -> usize {
        self.machines(cx).into_iter().flatten().filter(|machine| machine.chosen).count()
    }

    fn machine(&self, cx: &Cx) -> Option<Choice> {
        self.machines(cx)?.into_iter().nth(self.machine.at)
    }

    /// The account on the highlighted machine, and whether that machine is chosen.
    pub(super) fn account(&self, cx: &Cx) -> Option<(AccountRow, bool)> {
        let machine = self.machine(cx)?;
        let (scene, interview) = cx.asked()?;
        let known = scene.fleet.machine(&machine.id)?;
        Some((account_on(&interview.context(&scene), known), machine.chosen))
    }

    /// Clan tags with how many machines have each.
    pub(super) fn tags(&self, cx: &Cx) -> Vec<(String, usize)> {
        let tags = cx.world.filter(|_| !is_oneself(cx)).map(|world| &world.fleet.clan.tags);
        let known = tags.into_iter().flatten().filter(|tag| !tag.computed);
        known.map(|tag| (tag.name.clone(), tag.machines.len())).collect()
    }

    /// Whether the row of tags is the highlighted one.
    pub(super) fn on_tags(&self, cx: &Cx) -> bool {
        let machines = self.machines(cx).map_or(0, |machines| machines.len());
        self.part(cx) == Some(Part::Machines)
            && self.machine.at >= machines
            && !self.tags(cx).is_empty()
    }

    /// Ticks every machine that has the tag; all of them ticked, unticks them.
    pub(super) fn take_tag(&mut self, cx: &Cx) -> Vec<Effect> {
        let tags = self.tags(cx);
        let Some((name, _)) = tags.get(self.tag.at) else { return Vec::new() };
        let Some(tag) = cx.world.and_then(|world| world.fleet.clan.tag(name)) else {
            return Vec::new();
        };
        if tag.machines.is_empty() {
            let words = format!("No machine of the clan has the tag {name}.");
            return vec![Effect::Say(Notice::plain(words))];
        }
        let machines = self.machines(cx).unwrap_or_default();
        let has = |machine: &&Choice| tag.machines.contains(&machine.id);
        let all = machines.iter().filter(has).all(|machine| machine.chosen);
        let wanted = |machine: &&Choice| match has(machine) {
            true => !all,
            false => machine.chosen,
        };
        let ids: Vec<String> = machines.iter().filter(wanted).map(|m| m.id.clone()).collect();
        match ids.is_empty() {
            true => vec![Effect::Forget("hosts")],
            false => vec![Effect::Answer("hosts", Reply::Named(ids))],
        }
    }

    pub(super) fn home_key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        let at = self.account(cx).map_or(0, |(row, _)| usize::from(row.mode != WAYS[0]));
        match press {
            Press::Left => self.choose_home(cx, 0),
            Press::Right => self.choose_home(cx, 1),
            Press::Space => self.choose_home(cx, 1 - at),
            Press::Up => {
                self.to(cx, Part::Machines);
                Vec::new()
            }
            Press::Down | Press::Enter => {
                self.below(cx);
                self.open_draft(cx);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// On the highlighted machine; before any is chosen, on all that will be.
    pub(super) fn choose_home(&mut self, cx: &Cx, at: usize) -> Vec<Effect> {
        let Some(mode) = WAYS.get(at) else { return Vec::new() };
        let Some((scene, interview)) = cx.asked() else { return Vec::new() };
        match self.account(cx) {
            Some((row, true)) => {
                let reply = in_mode(&interview.context(&scene), &row.machine, *mode);
                vec![Effect::Answer("accounts", reply)]
            }
            _ if self.chosen(cx) == 0 => {
                vec![Effect::Answer("mode", Reply::Named(vec![word(*mode).to_owned()]))]
            }
            Some((row, false)) => {
                let off = self.machine(cx).and_then(|machine| machine.off);
                let why = off.unwrap_or_else(|| format!("tick {} first", row.machine));
                vec![Effect::Say(Notice::plain(sentence(&why)))]
            }
            None => vec![Effect::Say(Notice::plain("Up to a machine first."))],
        }
    }

    pub(super) fn same_key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        match press {
            Press::Enter | Press::Space => self.same_for_all(cx),
            Press::Up => {
                self.to(cx, Part::Home);
                Vec::new()
            }
            Press::Down => {
                self.below(cx);
                self.open_draft(cx);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn same_for_all(&self, cx: &Cx) -> Vec<Effect> {
        let (Some((scene, interview)), Some((row, true))) = (cx.asked(), self.account(cx)) else {
            return Vec::new();
        };
        let reply = same_for_all(&interview.context(&scene), &row.machine);
        let words = format!("All are as on {} now; numbers stay each machine's own.", row.machine);
        vec![Effect::Answer("accounts", reply), Effect::Say(Notice::plain(words))]
    }

    /// Begins to type where the focus is. What was typed elsewhere stays while it cannot be taken.
    pub(super) fn open_draft(&mut self, cx: &Cx) {
        let here = match (self.part(cx), self.account(cx)) {
            (Some(Part::Field(field)), Some((row, _))) => Some((row, field)),
            _ => None,
        };
        let is_here = |draft: &Draft| {
            here.as_ref().is_some_and(|(row, of)| draft.machine == row.machine && draft.of == *of)
        };
        let kept: Vec<bool> = self
            .drafts
            .iter()
            .map(|draft| is_here(draft) || self.drafted(cx, draft).is_err())
            .collect();
        let mut kept = kept.into_iter();
        self.drafts.retain(|_| kept.next().unwrap_or(false));
        if let Some((row, of)) = here
            && self.draft(&row.machine, of).is_none()
        {
            let text = Field::new(&of.text(&row));
            self.drafts.push(Draft { machine: row.machine, of, text });
        }
    }

    /// What is typed for a field.
    pub(super) fn draft(&self, machine: &str, of: AccountField) -> Option<&Draft> {
        self.drafts.iter().find(|draft| draft.machine == machine && draft.of == of)
    }

    /// The draft that has the focus.
    fn at_draft(&mut self, cx: &Cx) -> Option<&mut Draft> {
        self.open_draft(cx);
        let Some(Part::Field(field)) = self.part(cx) else { return None };
        let (row, _) = self.account(cx)?;
        self.drafts.iter_mut().find(|draft| draft.machine == row.machine && draft.of == field)
    }

    /// The reply that a draft amounts to, or why it is none.
    fn drafted(&self, cx: &Cx, draft: &Draft) -> Result<Reply, String> {
        let Some((scene, interview)) = cx.asked() else { return Err(String::new()) };
        let context = interview.context(&scene);
        let reply = with_field(&context, &draft.machine, draft.of, draft.text.text());
        let checked = reply
            .and_then(|reply| interview.check(&scene, "accounts", reply.clone()).map(|_| reply));
        checked.map_err(|problem| problem.what.replace('`', ""))
    }

    /// The first field of a chosen machine that cannot be taken as it is, and why.
    pub(super) fn wrong(&self, cx: &Cx) -> Option<(String, String)> {
        let machines = self.machines(cx)?;
        let chosen = |draft: &&Draft| {
            machines.iter().any(|machine| machine.chosen && machine.id == draft.machine)
        };
        let named = |draft: &Draft| format!("{} on {}", draft.of.label(), draft.machine);
        let mut drafts = self.drafts.iter().filter(chosen);
        drafts.find_map(|draft| Some((named(draft), self.drafted(cx, draft).err()?)))
    }

    pub(super) fn field_key(&mut self, cx: &Cx, press: Press, key: KeyEvent) -> Vec<Effect> {
        match press {
            Press::Enter | Press::Down => {
                self.below(cx);
                self.open_draft(cx);
                Vec::new()
            }
            Press::Up => {
                self.focus = Focus::Part(self.focus_at().saturating_sub(1));
                self.open_draft(cx);
                Vec::new()
            }
            _ => match self.at_draft(cx).map(|draft| draft.text.key(key)) {
                Some(true) => self.typed(cx),
                _ => Vec::new(),
            },
        }
    }

    pub(super) fn field_paste(&mut self, cx: &Cx, text: &str) -> Vec<Effect> {
        match self.at_draft(cx).map(|draft| draft.text.paste(text)) {
            Some(Err(why)) => vec![Effect::Say(Notice::plain(why))],
            Some(Ok(())) => self.typed(cx),
            None => Vec::new(),
        }
    }

    /// The answer that what was typed amounts to.
    fn typed(&self, cx: &Cx) -> Vec<Effect> {
        let Some(Part::Field(field)) = self.part(cx) else { return Vec::new() };
        let draft = self.account(cx).and_then(|(row, _)| self.draft(&row.machine, field));
        match draft.map(|draft| self.drafted(cx, draft)) {
            Some(Ok(reply)) => vec![Effect::Answer("accounts", reply)],
            _ => Vec::new(),
        }
    }

    pub(super) fn account_help(&self, cx: &Cx) -> Option<Help> {
        let Some(Part::Field(field)) = self.part(cx) else { return None };
        let (scene, interview) = cx.asked()?;
        let why = interview.ask(&scene, "accounts").map(|ask| ask.help().to_owned());
        Some(Help {
            title: field.label().to_owned(),
            what: field.help().to_owned(),
            why: why.unwrap_or_default(),
            by_hand: Vec::new(),
        })
    }
}

/// Whether it is for the fleet to say there.
pub(super) fn is_written(field: AccountField, row: &AccountRow) -> bool {
    let macs_own = field == AccountField::Groups && row.platform == crate::fleet::Platform::Darwin;
    !row.there && !macs_own && row.mode == Mode::Integrated
}
