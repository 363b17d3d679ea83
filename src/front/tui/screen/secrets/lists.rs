//! What the screen's lists are made of.

use crate::answers::{SecretAnswer, SecretFrom};
use crate::front::interview::{Interview, Scene, Station};
use crate::front::tui::field::Field;
use crate::question::{Ask, Choice, Reply};

/// A secret that is wanted, or that could be.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) secret: SecretAnswer,
    pub(super) ticked: bool,
}

/// What is being typed.
#[derive(Debug, Clone)]
pub(super) enum Typing {
    /// The name of another secret.
    Name(Field),
    /// The row's value, hidden.
    Value(Field),
    /// The path of the file that holds it.
    File(Field),
}

impl Typing {
    pub(super) fn field(&self) -> &Field {
        match self {
            Self::Name(field) | Self::Value(field) | Self::File(field) => field,
        }
    }

    pub(super) fn field_mut(&mut self) -> &mut Field {
        match self {
            Self::Name(field) | Self::Value(field) | Self::File(field) => field,
        }
    }

    pub(super) fn part(&self) -> Part {
        match self {
            Self::Name(_) => Part::List,
            _ => Part::Ways,
        }
    }
}

/// What Tab goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    List,
    /// Where the value of the row comes from.
    Ways,
    Readers,
    Shared,
}

/// Where a value can come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Type,
    File,
    New,
    Later,
}

impl Way {
    pub(super) const ALL: [Self; 4] = [Self::Type, Self::File, Self::New, Self::Later];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Type => "Type or paste it now, hidden as you type",
            Self::File => "Read it from a file",
            Self::New => "Make a new ed25519 key",
            Self::Later => {
                "Later. A placeholder goes in, so that the home can be built; the last screen \
                 reminds you."
            }
        }
    }

    pub(super) fn is_of(self, from: &SecretFrom) -> bool {
        matches!(
            (self, from),
            (Self::Type, SecretFrom::Given(_))
                | (Self::File, SecretFrom::File(_))
                | (Self::New, SecretFrom::NewEd25519)
                | (Self::Later, SecretFrom::Later)
        )
    }
}

/// A list to choose from as it is asked for.
pub(super) struct Choices {
    pub(super) id: &'static str,
    pub(super) label: String,
    pub(super) note: String,
    pub(super) help: String,
    pub(super) options: Vec<Choice>,
    /// Somebody has to choose.
    pub(super) open: bool,
}

/// The lists below the secrets.
#[derive(Default)]
pub(super) struct Lists {
    /// Who else can open them.
    pub(super) readers: Option<Choices>,
    /// Shared files that somebody else may read as well.
    pub(super) shared: Option<Choices>,
}

impl Lists {
    pub(super) fn of(scene: &Scene, interview: &Interview) -> Self {
        Self {
            readers: Choices::of(scene, interview, "readers"),
            shared: Choices::of(scene, interview, "shared"),
        }
    }

    /// The list of a part.
    pub(super) fn at(&self, part: Option<Part>) -> Option<&Choices> {
        match part {
            Some(Part::Readers) => self.readers.as_ref(),
            Some(Part::Shared) => self.shared.as_ref(),
            _ => None,
        }
    }
}

impl Choices {
    fn of(scene: &Scene, interview: &Interview, id: &'static str) -> Option<Self> {
        match interview.ask(scene, id)? {
            Ask::PickMany { label, note, help, options, .. } => Some(Self {
                id,
                label,
                note,
                help,
                options,
                open: interview.needs(scene, Station::Secrets).contains(&id),
            }),
            _ => None,
        }
    }

    pub(super) fn nobody(&self) -> bool {
        !self.open && !self.options.iter().any(|choice| choice.chosen)
    }

    /// How many rows there are: readers end with "nobody else".
    pub(super) fn rows(&self) -> usize {
        self.options.len() + usize::from(self.id == "readers")
    }

    /// The reply when row `at` is turned round; the row after the last is "nobody else".
    ///
    /// # Errors
    /// Why the row is off.
    pub(super) fn toggled(&self, at: usize) -> Result<Reply, String> {
        if let Some(why) = self.options.get(at).and_then(|choice| choice.off.clone()) {
            return Err(why);
        }
        let turned = |index: usize, choice: &Choice| choice.chosen != (index == at);
        let rows = self.options.iter().enumerate();
        Ok(match at < self.options.len() {
            true => Reply::Many(rows.filter(|(i, c)| turned(*i, c)).map(|(i, _)| i).collect()),
            false => Reply::Many(Vec::new()),
        })
    }
}
