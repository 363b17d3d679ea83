//! An administrator brings somebody into several machines, with secrets that people share: one
//! plan, one receipt, one undo.

mod ground;
mod refused;
mod shared;
mod whole;

use ground::Admin;
