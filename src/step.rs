//! What is done, one file a step: context in, changes out, no writing.

use crate::answers::Person;
use crate::fleet::Fleet;
use crate::host::Host;

/// What a step may look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub host: &'a Host,
    pub fleet: &'a Fleet,
    pub person: &'a Person,
}
