//! stand-in until merged
use crate::activate::{InTheWay, InTheWayChoice};
use crate::event::Event;
pub trait Attend {
    fn event(&mut self, e: Event);
    fn in_the_way(&mut self, files: &[InTheWay]) -> InTheWayChoice;
    fn stop(&mut self) -> bool;
}
