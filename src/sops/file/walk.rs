//! The walk over a file in document order, which every reader and writer of values takes: it knows
//! where it stands and whether the file's selector has that encrypted.

use crate::sops::cipher::Kind;
use crate::sops::error::OpenError;
use crate::sops::metadata::Metadata;
use crate::sops::secret::SecretValue;
use crate::sops::selector::Position;
use crate::sops::tree::{Comment, Leaf, List, ListItem, Map, MapItem, Node, Step};

use super::Opening;

/// Where the walk stands.
pub(crate) struct Site<'a> {
    /// Mapping keys from the top.
    pub(crate) path: &'a [String],
    /// Every step from the top, for a comment those of its collection.
    pub(crate) steps: &'a [Step],
    /// The file's selector has it encrypted.
    pub(crate) encrypted: bool,
}

/// What stands there.
pub(crate) enum Thing<'a> {
    /// No null: those are never encrypted and have no bytes.
    Leaf(&'a Leaf),
    /// Only given to a walk that asks for comments.
    Comment(&'a Comment),
}

impl Site<'_> {
    /// The additional data of what stands here: its path, each component closed by a colon.
    pub(crate) fn associated(&self) -> String {
        format!("{}:", self.path.join(":"))
    }
}

/// What a walk does with each thing. `None`: a comment that sops keeps as a list element.
pub(crate) type Visit<'v> =
    dyn FnMut(&Site<'_>, Thing<'_>) -> Result<Option<(Kind, SecretValue)>, OpenError> + 'v;

pub(crate) struct Walk<'a, 'v> {
    metadata: &'a Metadata,
    visit: &'v mut Visit<'v>,
    visits_comments: bool,
    path: Vec<String>,
    steps: Vec<Step>,
    /// Per enclosing collection, the comments since its last value: see [`Position`].
    comments: Vec<Vec<String>>,
}

impl<'a, 'v> Walk<'a, 'v> {
    pub(crate) fn new(metadata: &'a Metadata, visit: &'v mut Visit<'v>) -> Self {
        Self {
            metadata,
            visit,
            visits_comments: false,
            path: Vec::new(),
            steps: Vec::new(),
            comments: Vec::new(),
        }
    }

    pub(crate) fn with_comments(mut self) -> Self {
        self.visits_comments = true;
        self
    }

    pub(crate) fn documents(mut self, documents: &[Map]) -> Result<Vec<Opening>, OpenError> {
        documents.iter().map(|map| self.map(map)).collect()
    }

    fn map(&mut self, map: &Map) -> Result<Opening, OpenError> {
        let mut pairs = Vec::new();
        self.comments.push(Vec::new());
        for item in &map.items {
            match item {
                MapItem::Comment(comment) => self.comment(comment)?,
                MapItem::Pair(key, node) => {
                    self.path.push(key.text.clone());
                    self.steps.push(Step::Key(key.text.clone()));
                    let opened = self.node(node)?;
                    self.steps.pop();
                    self.path.pop();
                    pairs.extend(opened.map(|value| (key.text.clone(), value)));
                    self.forget_comments();
                }
            }
        }
        self.comments.pop();
        Ok(Opening::Map(pairs))
    }

    fn list(&mut self, list: &List) -> Result<Opening, OpenError> {
        let mut opened = Vec::new();
        self.comments.push(Vec::new());
        let mut index = 0;
        for item in &list.items {
            match item {
                ListItem::Comment(comment) => self.comment(comment)?,
                ListItem::Node(node) => {
                    self.steps.push(Step::Index(index));
                    opened.extend(self.node(node)?);
                    self.steps.pop();
                    self.forget_comments();
                    index += usize::from(!node.is_comment());
                }
            }
        }
        self.comments.pop();
        Ok(Opening::List(opened))
    }

    fn node(&mut self, node: &Node) -> Result<Option<Opening>, OpenError> {
        match node {
            Node::Map(map) => self.map(map).map(Some),
            Node::List(list) => self.list(list).map(Some),
            Node::Leaf(leaf) if leaf.kind == Kind::Null => {
                Ok(Some(Opening::Value(Kind::Null, leaf.value.clone())))
            }
            Node::Leaf(leaf) => {
                let plain = self.visited(Thing::Leaf(leaf))?;
                Ok(plain.map(|(kind, value)| Opening::Value(kind, value)))
            }
        }
    }

    fn visited(&mut self, thing: Thing<'_>) -> Result<Option<(Kind, SecretValue)>, OpenError> {
        let encrypted = self.metadata.selector.encrypts(&Position {
            path: &self.path,
            comments: &self.comments,
            is_comment: matches!(thing, Thing::Comment(_)),
        });
        (self.visit)(&Site { path: &self.path, steps: &self.steps, encrypted }, thing)
    }

    fn comment(&mut self, comment: &Comment) -> Result<(), OpenError> {
        if let Some(level) = self.comments.last_mut() {
            level.push(comment.text.clone());
        }
        if self.visits_comments {
            self.visited(Thing::Comment(comment))?;
        }
        Ok(())
    }

    fn forget_comments(&mut self) {
        if let Some(level) = self.comments.last_mut() {
            level.clear();
        }
    }
}
