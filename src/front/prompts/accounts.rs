//! The accounts on the chosen machines, one by one.

use super::asking::{Came, Typed, join, left, numbers, refuse, speak, typed};
use super::talk::{Ended, Talk};
use super::wording::capital;
use crate::answers::{Answers, Mode};
use crate::fleet::Platform;
use crate::question::{
    AccountField, AccountRow, Ask, Context, Question, Reply, in_mode, same_for_all, with_field,
};

/// Asks for the accounts, beginning with those suggested.
pub(super) fn put(
    talk: &mut dyn Talk,
    cx: &Context,
    question: &dyn Question,
    opening: &str,
    help: &str,
) -> Result<Came, Ended> {
    let mut answers = match question.accept(cx, Reply::Suggested) {
        Ok(answers) => answers,
        Err(problem) => return Err(Ended::Failed(problem)),
    };
    let rows = |answers: &Answers| match question.ask(&cx.with(answers)) {
        Ask::Accounts { label, note, rows, .. } => (join(&label, &note), rows),
        _ => (String::new(), Vec::new()),
    };
    let (label, first) = rows(&answers);
    talk.say(&join(opening, &label));
    speak(talk, &first.iter().map(told).collect::<Vec<_>>());
    talk.say("Type a number to change one, or Enter to go on.");
    let help = format!("{help} Type a number to change the account on that machine.");
    loop {
        let text = match typed(talk, &help)? {
            Typed::Nothing => return Ok(Came::Answer(answers, String::new())),
            Typed::Back => return Ok(Came::Back(Some(answers))),
            Typed::Text(text) => text,
            other => return Ok(left(&other)),
        };
        let (_, now) = rows(&answers);
        let row = numbers(&text, now.len()).and_then(|rows| now.get(*rows.first()?));
        let Some(row) = row else {
            talk.say(&format!("Problem: Type a number from 1 to {}.", now.len()));
            continue;
        };
        answers = change(talk, &cx.with(&answers), question, row)?;
        let (_, after) = rows(&answers);
        if let Some(row) = after.iter().find(|after| after.machine == row.machine) {
            talk.say(&told(row));
        }
        talk.say("A number, or Enter to go on.");
    }
}

/// A row of the list, the most important word first.
fn told(row: &AccountRow) -> String {
    let home = match row.mode {
        Mode::Integrated => "The home comes with the machine",
        Mode::Standalone => "The home is put in place by themselves",
    };
    let mut said = format!("{}. {home}. {}.", row.machine, capital(&row.account));
    for field in AccountField::EACH {
        let (text, origin) = (field.text(row), field.origin(row));
        let unsaid = row.there || row.platform == Platform::Darwin;
        let is_silent = text.is_empty() || (unsaid && text == "none");
        match (is_silent, origin.is_empty()) {
            (true, _) => {}
            (false, false) => said.push_str(&format!(" {} {text}, {origin}.", field.label())),
            (false, true) => said.push_str(&format!(" {} {text}.", field.label())),
        }
    }
    said.replace("..", ".")
}

/// Asks what is to be different on one machine.
fn change(
    talk: &mut dyn Talk,
    cx: &Context,
    question: &dyn Question,
    row: &AccountRow,
) -> Result<Answers, Ended> {
    let other = match row.mode {
        Mode::Integrated => Mode::Standalone,
        Mode::Standalone => Mode::Integrated,
    };
    let mut rows: Vec<String> =
        AccountField::EACH.iter().map(|field| format!("{}.", field.label())).collect();
    rows.push(match other {
        Mode::Standalone => "By themselves instead of with the machine.".to_owned(),
        Mode::Integrated => "With the machine instead of by themselves.".to_owned(),
    });
    rows.push("The same for all chosen machines; numbers stay as they are.".to_owned());
    talk.say(&format!("{}. What is to be different?", row.machine));
    speak(talk, &rows);
    talk.say("Type a number, or Enter to leave it as it is.");
    loop {
        let Typed::Text(text) = typed(talk, "What is not changed stays as it is.")? else {
            return Ok(cx.answers.clone());
        };
        let reply = match numbers(&text, rows.len()).as_deref() {
            Some([at]) if *at < AccountField::EACH.len() => {
                return field(talk, cx, question, row, AccountField::EACH[*at]);
            }
            Some([3]) => in_mode(cx, &row.machine, other),
            Some([_]) => same_for_all(cx, &row.machine),
            _ => {
                talk.say(&format!("Problem: Type a number from 1 to {}.", rows.len()));
                continue;
            }
        };
        match question.accept(cx, reply) {
            Ok(answers) => return Ok(answers),
            Err(problem) => refuse(talk, &problem, "A number, or Enter."),
        }
    }
}

/// Reads the text of one field until it is taken.
fn field(
    talk: &mut dyn Talk,
    cx: &Context,
    question: &dyn Question,
    row: &AccountRow,
    field: AccountField,
) -> Result<Answers, Ended> {
    let label = format!("{} on {}:", field.label(), row.machine);
    talk.say(&label);
    loop {
        let Typed::Text(text) = typed(talk, field.help())? else {
            return Ok(cx.answers.clone());
        };
        let reply = with_field(cx, &row.machine, field, &text);
        match reply.and_then(|reply| question.accept(cx, reply)) {
            Ok(answers) => return Ok(answers),
            Err(problem) => refuse(talk, &problem, &label),
        }
    }
}
